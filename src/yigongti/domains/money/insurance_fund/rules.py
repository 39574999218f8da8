"""The policy values a year is computed by: read once for its first day, carried with their citations, frozen with it.

A ``Rules`` is plain data: it goes into the closed year as JSON and comes back the same, whatever the policy files say
by then.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from yigongti.domains.money.insurance_fund import policy
from yigongti.kernel.policy.api import Evidence, Parameter, PolicyGap, documents, places
from yigongti.kernel.policy.api import place as place_named

Plain = Decimal | int | str | tuple[str, ...]
TRIED = "TRIED"


class NotComputable(Exception):
    """A figure can't be worked out; ``str()`` says why, in words for people. Nothing is guessed in its place."""


@dataclass(frozen=True)
class Rule:
    """One policy value with where it stands. ``evidence`` is TRIED for a value somebody only tries out."""

    name: str
    value: Plain
    unit: str
    document: str
    clause: str
    evidence: str
    confirmed: bool
    place: str
    effective_from: str
    note: str = ""

    @property
    def label(self) -> str:
        found = PARAMETERS.get(self.name)
        return str(found.label) if found else self.name

    @property
    def document_title(self) -> str:
        """The document in the reader's language, while the place's files still have it; else as it was written down."""
        return _titles(self.place).get(self.document, self.document)

    @property
    def evidence_label(self) -> str:
        """How the value is known, in words."""
        return Evidence(self.evidence).label if self.evidence in set(Evidence) else self.evidence

    @property
    def shown(self) -> str:
        """The value for people."""
        found = PARAMETERS.get(self.name)
        try:
            text = found.kind.show(self.value) if found else str(self.value)
        except KeyError:  # an option of another day
            text = str(self.value)
        unit = {"%": " %", "yuan": _(" 元"), "points": _(" 分（得分）")}.get(self.unit, "")
        return f"{text}{unit}"


PARAMETERS: dict[str, Parameter[Any]] = {p.name: p for p in policy.ALL}


@dataclass(frozen=True)
class Rules:
    """All values of a place for a year by name; ``gaps``: what has no value, with place and day asked for."""

    values: Mapping[str, Rule]
    gaps: Mapping[str, tuple[str, str]]

    def rule(self, parameter: Parameter[Any]) -> Rule:
        """Raises NotComputable where the place has no value."""
        if parameter.name not in self.values:
            raise NotComputable(self.gap(parameter.name))
        return self.values[parameter.name]

    def gap(self, name: str) -> str:
        """In words, what is missing."""
        known = PARAMETERS.get(name)
        place, day = self.gaps.get(name, ("", ""))
        named = str(place_named(place)) if place in {p.key for p in places()} else place
        return _("政策没有规定“%(label)s”（%(name)s，%(place)s，%(day)s）") % {
            "label": known.label if known else name, "name": name, "place": named, "day": day,
        }  # fmt: skip

    def number(self, parameter: Parameter[Decimal]) -> Decimal:
        found = self.rule(parameter).value
        assert isinstance(found, Decimal)
        return found

    def whole(self, parameter: Parameter[int]) -> int:
        found = self.rule(parameter).value
        assert isinstance(found, int)
        return found

    def option(self, parameter: Parameter[str]) -> str:
        found = self.rule(parameter).value
        assert isinstance(found, str)
        return found

    def options(self, parameter: Parameter[tuple[str, ...]]) -> tuple[str, ...]:
        found = self.rule(parameter).value
        assert isinstance(found, tuple)
        return found

    def trying(self, changes: Mapping[str, Plain]) -> "Rules":
        """The same rules with some values changed, for looking at what would be."""
        values = dict(self.values)
        for name, value in changes.items():
            known = values.get(name)
            blank = Rule(name, value, PARAMETERS[name].unit, "", "", TRIED, False, "", "")
            values[name] = replace(known, value=value, evidence=TRIED, confirmed=False) if known else blank
        return Rules(values, {n: asked for n, asked in self.gaps.items() if n not in changes})

    @property
    def unconfirmed(self) -> tuple[Rule, ...]:
        """In the order of the policy page."""
        return tuple(self.values[n] for n in PARAMETERS if n in self.values and not self.values[n].confirmed)

    def as_json(self) -> dict[str, Any]:
        return {
            "values": {name: {**asdict(rule), "value": _written(rule.value)} for name, rule in self.values.items()},
            "gaps": {name: list(asked) for name, asked in self.gaps.items()},
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Rules":
        values = {name: Rule(**{**rule, "value": _read(rule["value"])}) for name, rule in data["values"].items()}
        return Rules(values, {name: (place, day) for name, (place, day) in data["gaps"].items()})


def read(place: str, as_of: date) -> Rules:
    """The rules in force at a place on a day, with what is missing. Its words are those of the place."""
    values: dict[str, Rule] = {}
    gaps: dict[str, tuple[str, str]] = {}
    with translation.override(settings.LANGUAGE_CODE):
        for parameter in policy.ALL:
            try:
                found = parameter.at(place, as_of)
            except PolicyGap:
                gaps[parameter.name] = (place, as_of.isoformat())
                continue
            values[parameter.name] = Rule(
                name=parameter.name,
                value=found.value,
                unit=found.unit or parameter.unit,
                document=str(found.document),
                clause=found.clause,
                evidence=str(found.evidence),
                confirmed=found.confirmed,
                place=found.place,
                effective_from=found.effective_from.isoformat(),
                note=str(found.note or ""),
            )
    return Rules(values, gaps)


def understood(name: str, text: str) -> Plain:
    """A value typed on a page. Raises ValueError for an unknown parameter or what is no value of it."""
    if name not in PARAMETERS:
        raise ValueError(name)
    kind = PARAMETERS[name].kind
    text = text.strip()
    if kind.name == "decimal" or kind.name == "integer":
        if len(text) > 20:
            raise ValueError(text[:20])
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise ValueError(text) from None
        if not number.is_finite() or not 0 <= number <= most(name) or number.as_tuple().exponent < -6:  # type: ignore[operator]
            raise ValueError(text)
        return number if kind.name == "decimal" else int(kind.read(number))
    found = kind.read(text)
    assert isinstance(found, str)
    return found


LARGEST = 100_000
OF_LAST_YEAR = {p.name for p in (policy.FLOOR, policy.CAP, policy.GROWTH_CAP, policy.BAND_LOWER, policy.BAND_UPPER)}
WEIGHTS = {p.name for p in (policy.PERSONS_WEIGHT, policy.SERVICES_WEIGHT)}


def most(name: str) -> int:
    """The largest value that makes sense: a part is at most the whole, a score a hundred, a weight one."""
    if name in WEIGHTS:
        return 1
    if name in OF_LAST_YEAR:
        return 1_000
    return 100 if PARAMETERS[name].unit in ("%", "points") else LARGEST


def _written(value: Plain) -> Any:
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    return list(value) if isinstance(value, tuple) else value


def _read(value: Any) -> Plain:
    if isinstance(value, dict):
        return Decimal(value["decimal"])
    return tuple(value) if isinstance(value, list) else value


def _titles(place: str) -> dict[str, str]:
    """Documents as they are written down → as the reader reads them."""
    if place not in {p.key for p in places()} and place != "national":
        return {}
    found = documents(place)
    with translation.override(settings.LANGUAGE_CODE):
        written = [str(document) for document in found]
    return dict(zip(written, (str(document) for document in found), strict=True))
