"""Whose insured a claim is for, and where it was treated: the dated tree of a year, as a few stretches of days.

A member that leaves in June belongs to its holder until then, its later claims to the next one or to nobody.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from yigongti.domains.base.organisation import api as organisation

KINDS = {"consortium": "consortium", "management_area": "management_area"}


@dataclass(frozen=True)
class Stretch:
    """Days from ``start`` (to the next stretch's) on which the tree stays as it is: organisation → its holder."""

    start: date
    holder_of: Mapping[int, int]


@dataclass(frozen=True)
class Homes:
    """The stretches of a period in order; ``names`` of all holders there are in it, by id."""

    stretches: tuple[Stretch, ...]
    names: Mapping[int, str]

    @property
    def cuts(self) -> tuple[date, ...]:
        return tuple(stretch.start for stretch in self.stretches[1:])

    def on(self, day: date) -> Mapping[int, int]:
        """Organisation → its holder on a day; before the first stretch as in the first."""
        return next((s.holder_of for s in reversed(self.stretches) if s.start <= day), self.stretches[0].holder_of)

    def only(self, holders: Collection[int]) -> "Homes":
        """The same with these holders alone; who stands under others stands under none."""
        kept = tuple(Stretch(s.start, {o: h for o, h in s.holder_of.items() if h in holders}) for s in self.stretches)
        return Homes(kept, {h: name for h, name in self.names.items() if h in holders})

    def members(self) -> dict[tuple[int, int], None]:
        """(holder, organisation) pairs that stood together on some day, in a fixed order."""
        return dict.fromkeys(
            (holder, member)
            for stretch in self.stretches
            for member, holder in sorted(stretch.holder_of.items())
            if member != holder
        )


def homes(place: str, kind: str, since: date, until: date, membership: str) -> Homes:
    """Who stands under which holder from ``since`` up to (not including) ``until``.

    ``membership``: ``on_the_day``, or ``at_year_end``: as it stands on the last day, for the whole period.
    """
    last = date.fromordinal(until.toordinal() - 1)
    days = [since, *organisation.change_days(place, since, until)] if membership == "on_the_day" else [last]
    stretches: list[Stretch] = []
    names: dict[int, str] = {}
    for day in days:
        holder_of: dict[int, int] = {}
        for view in organisation.organisations(place, day):
            if view.kind != KINDS[kind]:
                continue
            names.setdefault(view.id, view.label)
            holder_of |= dict.fromkeys(organisation.under(view.id, day), view.id)
        if not stretches or stretches[-1].holder_of != holder_of:
            stretches.append(Stretch(day if stretches else since, holder_of))
    return Homes(tuple(stretches), names)
