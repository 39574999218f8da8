"""Prices of many cases: the rules and coefficients behind them looked up once each."""

from datetime import date
from typing import Any

import polars as pl

from yigongti.domains.money.drg.coefficients import Held
from yigongti.domains.money.drg.formulas import Bill, Kind, Payment
from yigongti.domains.money.drg.payment import Rules, paid, rules_of
from yigongti.domains.money.drg.readmission import Rule, rule_of
from yigongti.domains.money.drg.scheme.scheme import Scheme
from yigongti.kernel.policy.api import PolicyGap

MONEY = ("weight_e4", "standard_fen", "whole_fen", "payment_fen")


class Pricer:
    """What a place pays: good for one transaction."""

    def __init__(self, place: str) -> None:
        self._place, self.held = place, Held(place)
        self._plain: dict[tuple[date, str, str], Rules | None] = {}
        self._rules: dict[tuple[date, str, str, int | None], Rules | None] = {}
        self._readmission: dict[date, Rule | None] = {}

    def rules(self, on: date, tier: str, insurance_kind: str, institution_id: int | None) -> Rules | None:
        """The rules for a case; None where the place has a gap."""
        key = (on, tier, insurance_kind, institution_id)
        if key not in self._rules:
            plain = self._plain_rules(on, tier, insurance_kind)
            self._rules[key] = plain.of(self.held.of(institution_id, on)) if plain else None
        return self._rules[key]

    def _plain_rules(self, on: date, tier: str, insurance_kind: str) -> Rules | None:
        key = (on, tier, insurance_kind)
        if key not in self._plain:
            try:
                self._plain[key] = rules_of(self._place, on, tier=tier, insurance_kind=insurance_kind)
            except PolicyGap:
                self._plain[key] = None
        return self._plain[key]

    def readmission(self, on: date) -> Rule | None:
        """The rule for stays soon after each other."""
        if on not in self._readmission:
            try:
                self._readmission[on] = rule_of(self._place, on)
            except PolicyGap:
                self._readmission[on] = None
        return self._readmission[on]

    def columns(self, grouped: pl.DataFrame, scheme: Scheme) -> pl.DataFrame:
        """What each case is paid by itself: kind, risk, weight, standard, worth, the fund's part."""
        columns: dict[str, list[Any]] = {name: [] for name in ("outlier", "low_risk", *MONEY)}
        wanted = grouped.select(
            "happened_on", "tier", "insurance_kind", "institution_id", "status", "mdc", "drg", "total_fen",
            "patient_fen", "stay_days",
        )  # fmt: skip
        for on, tier, insurance, institution, status, mdc, drg, total, patient, stay in wanted.iter_rows():
            found, weight = self.rules(on, tier, insurance, institution), scheme.weight(drg, on)
            payment: Payment | None = None
            if found is not None:
                weight_e4 = weight.weight_e4 if weight else None
                payment = paid(status, mdc, weight_e4, Bill(total, patient, stay), found.terms)
            columns["outlier"].append(payment.kind.value if payment else Kind.NO_RULE.value)
            columns["low_risk"].append(bool(weight and weight.low_risk))
            columns["weight_e4"].append(weight.weight_e4 if weight else 0)
            columns["standard_fen"].append(payment.standard_fen if payment else 0)
            columns["whole_fen"].append(payment.whole_fen if payment else 0)
            columns["payment_fen"].append(payment.fund_fen if payment else 0)
        kinds = {"outlier": pl.String, "low_risk": pl.Boolean} | dict.fromkeys(MONEY, pl.Int64)
        return pl.DataFrame(columns, schema=kinds)
