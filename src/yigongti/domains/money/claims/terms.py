"""What a place asks of care out of the county, as it changed in time: which care needs a certificate, what it costs to
have none."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256

from yigongti.domains.money.claims.formulas import EitherWay, either_way
from yigongti.domains.money.claims.policy import CERTIFICATE_SETTINGS, WITHOUT_REFERRAL, WITHOUT_REFERRAL_PERCENT
from yigongti.kernel.policy import api as policy

PARAMETERS = (CERTIFICATE_SETTINGS, WITHOUT_REFERRAL, WITHOUT_REFERRAL_PERCENT)


@dataclass(frozen=True)
class Terms:
    """What holds for care that began from ``since`` up to, not including, ``until`` (None: still). ``rule`` is None
    where the place's policy doesn't say what it costs to have no referral: then nothing is lowered."""

    place: str
    since: date
    until: date | None
    settings: tuple[str, ...]
    rule: str | None
    percent: Decimal

    def either_way(self, fund_fen: int, base_fen: int, *, referred: bool) -> EitherWay:
        """The fund's part with a referral and without."""
        return either_way(fund_fen, base_fen, rule=self.rule or "same", percent=self.percent, referred=referred)


def terms(place: str) -> list[Terms]:
    """A place's terms in their order, without the times in which nothing needs a certificate; none for a place that
    has no policy."""
    try:
        values = [value for one in PARAMETERS for value in policy.history(one.name, place)]
    except KeyError:
        return []
    days = sorted(
        {value.effective_from for value in values} | {value.effective_to for value in values if value.effective_to}
    )
    found = []
    for since, until in zip(days, [*days[1:], None], strict=True):
        needed, rule, percent = (policy.find(one.name, place=place, as_of=since) for one in PARAMETERS)
        if needed is None or not needed.value:
            continue
        known = rule is not None and percent is not None
        found.append(
            Terms(
                place,
                since,
                until,
                tuple(sorted(needed.value)),
                rule.value if rule is not None and known else None,
                percent.value if percent is not None and known else Decimal(0),
            )
        )
    return found


def digest(places: Iterable[str]) -> str:
    """What stands for the terms of these places."""
    said = [
        [one.place, str(one.since), str(one.until), one.settings, one.rule, f"{one.percent.normalize():f}"]
        for place in sorted(places)
        for one in terms(place)
    ]
    return sha256(json.dumps(said).encode()).hexdigest()
