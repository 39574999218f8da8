"""Where somebody stands between a figure and its records: the way down, as it stands in the address."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.oversight.indicators import api
from yigongti.kernel import clock

PARTS = ("of_which", "rest")


@dataclass(frozen=True)
class Crumb:
    """A narrowing on the way down, and the address without it and what came after."""

    label: str
    without: str


@dataclass(frozen=True)
class Drill:
    """``path``: the narrowings in the order they were made, as (kind, key)."""

    period: api.Period
    node: int | None
    path: tuple[tuple[str, str], ...] = ()
    part: str = ""
    by: str = ""

    @property
    def cell(self) -> api.Cell:
        """The part of the figure that is looked at. Raises Http404 for a key that means nothing."""
        homes = None if self.node is None else organisation.under(self.node, clock.today())
        cell = api.Cell(homes=homes, part=self.part)
        try:
            for kind, key in self.path:
                cell = api.cell_of(kind, key, cell)
        except (ValueError, LookupError) as error:
            raise Http404 from error
        return cell

    def query(self, **changes: Any) -> str:
        """The address's query with some of it changed; empty things are left out."""
        path: tuple[tuple[str, str], ...] = changes.pop("path", self.path)
        values = {"period": self.period.text, "node": self.node, "part": self.part, "by": self.by, **changes}
        pairs = [*((k, str(v)) for k, v in values.items() if v not in (None, "")), *path]
        return "?" + urlencode(pairs)

    def into(self, kind: str, key: str) -> tuple[tuple[str, str], ...]:
        """The path one step further down."""
        return (*((k, v) for k, v in self.path if k != kind), (kind, key))

    def crumbs(self, name: str) -> list[Crumb]:
        """The narrowings in words, each with the way back to before it."""
        address = reverse("cockpit:measure", args=[name])
        found = []
        for number, (kind, key) in enumerate(self.path):
            try:
                label = api.label_of(kind, key)
            except (ValueError, LookupError) as error:
                raise Http404 from error
            found.append(Crumb(label, address + self.query(path=self.path[:number], part="")))
        return found


def drill(asked: QueryDict, default: api.Period, measure: api.Measure | None = None) -> Drill:
    """What the address asks for, of a measure or of all. Raises Http404 for nonsense, for what the measure is not
    broken down by, and for an organisation of another place."""
    try:
        period = api.period(str(asked["period"])) if asked.get("period") else default
    except ValueError as error:
        raise Http404 from error
    node = _of_the_place(str(asked["node"])) if asked.get("node") else None
    part = asked.get("part", "")
    if part and part not in PARTS:
        raise Http404
    if measure is None:
        return Drill(period, node, part=part)
    offered = tuple(measure.breakdowns)
    path = tuple((kind, key) for kind, key in _pairs(asked) if kind in api.DIMENSIONS)
    for kind, key in path:
        if kind not in (*offered, "month"):
            raise Http404(kind)
        if kind in api.ORGANISATIONAL and key:
            _of_the_place(key)
    taken = {kind for kind, _key in path}
    by = asked.get("by") or next((one for one in offered if one not in taken), offered[0])
    if by not in offered:
        raise Http404(by)
    return Drill(period, node, path, part, by)


def _of_the_place(key: str) -> int:
    """The id of an organisation a figure may be narrowed to. Raises Http404.

    Whoever may see measures sees those of the whole place, and so of each part of it: a director learns how the
    neighbours do. Only organisations of other places are refused. Records are narrowed to his own by ``api.records``.
    """
    try:
        found = organisation.get_many([int(key)])
    except ValueError as error:
        raise Http404 from error
    for one in found.values():
        if one.place == settings.PLACE:
            return one.id
    raise Http404(key)


def _pairs(asked: QueryDict) -> list[tuple[str, str]]:
    return [(kind, key) for kind in asked for key in asked.getlist(kind)]
