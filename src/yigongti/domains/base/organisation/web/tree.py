"""The organisation tree as the page draws it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from yigongti.domains.base.organisation import selectors
from yigongti.domains.base.organisation.directory import OrganisationView
from yigongti.domains.base.organisation.models import HEALTH_KINDS, INSTITUTION_KINDS, Kind, Tier
from yigongti.kernel import clock

_AT_ONCE = 400  # lines a page draws in well under half a second
_OPEN = (Kind.CITY, Kind.COUNTY, Kind.CONSORTIUM, Kind.AREA)


@dataclass
class Node:
    """A line of the tree with what stands below it, in the shape ``<c-tree>`` takes."""

    view: OrganisationView
    href: str
    children: list["Node"] = field(default_factory=list)
    count: int = 0  # health institutions below

    @property
    def label(self) -> str:
        return self.view.label

    @property
    def tags(self) -> list[tuple[str, str]]:
        """Kind, then tier: (colour, words)."""
        found = [("brand" if self.view.kind == Kind.LEAD_HOSPITAL else "", self.view.kind_label)]
        if self.view.tier in (Tier.TERTIARY, Tier.SECONDARY):
            found.append(("", self.view.tier_label))
        return found

    @property
    def open(self) -> bool:
        return self.view.kind in _OPEN


@dataclass(frozen=True)
class Drawn:
    """The tree of a place as HTML ("" without organisations), and how many institutions there are of each kind."""

    html: SafeString | str
    counts: tuple[tuple[str, int], ...]
    total: int


def drawn(place: str, on: date) -> Drawn:
    """The tree of a place on a day. Everybody sees the same one: today's is drawn once per version of the tree."""
    if on != clock.today():
        return _draw(place, on)
    return selectors.remembered(("drawn", place, on, get_language()), lambda: _draw(place, on))


def _draw(place: str, on: date) -> Drawn:
    views = selectors.organisations(place, on)
    nodes = grow(views, on)
    return Drawn(
        render_to_string("organisation/nodes.html", {"nodes": nodes}) if nodes else "",
        tuple(counts_by_kind(views)),
        sum(view.kind in HEALTH_KINDS for view in views),
    )


def grow(views: list[OrganisationView], on: date) -> list[Node]:
    """The tree of a place on a day: its roots, children in the order of kinds and then as entered.

    What stands nowhere on that day is a root too. A large place's village clinics and departments are left to the
    pages of their institutions.
    """
    order = {kind: place for place, kind in enumerate(Kind.values)}
    nodes = {
        view.id: Node(view, f"{reverse('organisation:organisation', args=[view.id])}?on={on.isoformat()}")
        for view in sorted(views, key=lambda v: (order[v.kind], v.id))
    }
    roots: list[Node] = []
    for node in nodes.values():
        parent = nodes.get(node.view.parent_id or 0)
        (parent.children if parent else roots).append(node)
    for root in roots:
        _count(root)
    if len(nodes) > _AT_ONCE:
        for node in nodes.values():
            if node.view.is_institution:
                node.children.clear()
    return roots


def _count(node: Node) -> int:
    """Count the health institutions below each node; gives back those of this one, itself included."""
    node.count = sum(_count(child) for child in node.children)
    return node.count + (node.view.kind in HEALTH_KINDS)


def counts_by_kind(views: list[OrganisationView]) -> list[tuple[str, int]]:
    """How many institutions there are of each kind, in the order of kinds."""
    found = Counter(view.kind for view in views)
    return [(str(kind.label), found[kind]) for kind in Kind if kind in INSTITUTION_KINDS and found[kind]]
