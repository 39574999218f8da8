"""What a figure can be broken down by: the column of each, how its groups are named, and how a cell narrows to one."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.terminology import api as terminology
from yigongti.domains.oversight.indicators.formulas import period
from yigongti.domains.oversight.indicators.readings import HOME, Cell, Sums

Words = Callable[[], Mapping[Any, str]]


class Dimension(Protocol):
    """``column`` of the dataset (HOME: the measure's own); "" where rows are not grouped by it."""

    @property
    def column(self) -> str: ...

    def narrow(self, key: str, cell: Cell) -> Cell:
        """A cell narrowed to one group. Raises ValueError for a key that can't be one."""
        ...

    def labels(self, keys: Iterable[Any]) -> dict[Any, str]:
        """What groups are called. Raises LookupError for what can't be one."""
        ...

    def value(self, key: str) -> Any:
        """The group behind a key as it stands in an address. Raises ValueError."""
        ...

    def grouped(self, sums: list[Sums]) -> list[Sums]:
        """Groups of the column's values, where they are not groups themselves."""
        ...


@dataclass(frozen=True)
class Texts:
    """By a column of words or codes; ``words`` names the codes, anything else is called what it is."""

    column: str
    empty: Callable[[], str]
    words: Words = dict

    def narrow(self, key: str, cell: Cell) -> Cell:
        return replace(cell, equal=(*cell.equal, (self.column, key)))

    def labels(self, keys: Iterable[Any]) -> dict[Any, str]:
        words = self.words()
        return {key: words.get(key, key) or self.empty() for key in keys}

    def value(self, key: str) -> str:
        return key

    def grouped(self, sums: list[Sums]) -> list[Sums]:
        return sums


@dataclass(frozen=True)
class Flags:
    """By a column that is true or false."""

    column: str
    words: Words

    def narrow(self, key: str, cell: Cell) -> Cell:
        return replace(cell, equal=(*cell.equal, (self.column, self.value(key))))

    def labels(self, keys: Iterable[Any]) -> dict[Any, str]:
        words = self.words()
        return {key: words[key] for key in keys}

    def value(self, key: str) -> bool:
        return {"True": True, "False": False}[key] if key in ("True", "False") else _no_such(key)

    def grouped(self, sums: list[Sums]) -> list[Sums]:
        return sums


@dataclass(frozen=True)
class Organisations:
    """By a column of organisations' ids; rows without one stand together."""

    column: str

    def narrow(self, key: str, cell: Cell) -> Cell:
        found = self.value(key)
        if self.column != HOME:
            return replace(cell, equal=(*cell.equal, (self.column, found)))
        if found is None:
            return replace(cell, homeless=True)
        home = frozenset({found})
        return replace(cell, homes=home if cell.homes is None else home & cell.homes)

    def labels(self, keys: Iterable[Any]) -> dict[Any, str]:
        keys = list(keys)
        found = organisation.get_many([key for key in keys if key is not None])
        return {key: found[key].label if key in found else _("未登记管理机构") for key in keys}

    def value(self, key: str) -> int | None:
        if not key:
            return None
        number = int(key)
        return number if 0 < number < 2**63 else _no_such(key)

    def grouped(self, sums: list[Sums]) -> list[Sums]:
        return sums


@dataclass(frozen=True)
class DiseaseGroups:
    """By groups of three-character ICD-10 categories."""

    column: str = "category"

    def narrow(self, key: str, cell: Cell) -> Cell:
        beyond = key == terminology.UNCODED
        ranges = tuple((r.first, r.last) for r in terminology.disease_group_ranges() if beyond or r.key == key)
        return replace(cell, categories=ranges, beyond=beyond) if ranges else _no_such(key)

    def labels(self, keys: Iterable[Any]) -> dict[Any, str]:
        return {key: terminology.group_named(key).label for key in keys}

    def value(self, key: str) -> str:
        return key

    def grouped(self, sums: list[Sums]) -> list[Sums]:
        totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for s in sums:
            total = totals[terminology.disease_group(s.key or "").key]
            total[0] += s.numerator
            total[1] += s.denominator
        return [Sums(key, numerator, denominator) for key, (numerator, denominator) in totals.items()]


@dataclass(frozen=True)
class Months:
    """Narrowed to, not broken down by: the trend does that."""

    column: str = ""

    def narrow(self, key: str, cell: Cell) -> Cell:
        return replace(cell, month=self.value(key))

    def labels(self, keys: Iterable[Any]) -> dict[Any, str]:
        return {key: f"{key:%Y-%m}" for key in keys}

    def value(self, key: str) -> Any:
        return period(key).start

    def grouped(self, sums: list[Sums]) -> list[Sums]:
        return sums


def _no_such(key: str) -> Any:
    raise ValueError(key)


DIMENSIONS: dict[str, Dimension] = {
    "home": Organisations(HOME),
    "disease_group": DiseaseGroups(),
    "institution": Texts("institution_name", lambda: _("未填机构名称")),
    "setting": Texts(
        "setting",
        lambda: _("未填写"),
        lambda: {
            "outpatient": _("门诊"),
            "emergency": _("急诊"),
            "inpatient": _("住院"),
            "home": _("上门"),
            "remote": _("远程"),
            "pharmacy": _("药店"),
        },
    ),
    "manager": Organisations("managing_id"),
    "origin": Organisations("source_id"),
    "department": Texts("department", lambda: _("未填写")),
    "urgent": Flags("urgent", lambda: {True: _("紧急"), False: _("普通")}),
    "expert": Flags("expert", lambda: {True: _("专家号"), False: _("其他号")}),
    "referred": Flags("referred", lambda: {True: _("转诊来的"), False: _("其他预约")}),
    "direction": Texts(
        "direction", lambda: _("未填写"), lambda: {"up": _("上转"), "down": _("下转"), "sideways": _("平转")}
    ),
    "reach": Texts(
        "reach",
        lambda: _("未填写"),
        lambda: {"inside": _("医共体内"), "between": _("医共体之间"), "outside": _("县域外")},
    ),
    "pool": Texts(
        "pool",
        lambda: _("未填写"),
        lambda: {"open": _("普通号"), "early": _("家庭医生提前号"), "green": _("转诊绿色通道号")},
    ),
    "month": Months(),
}

BREAKDOWNS = tuple(by for by, dimension in DIMENSIONS.items() if dimension.column)
ORGANISATIONAL = frozenset(by for by, dimension in DIMENSIONS.items() if isinstance(dimension, Organisations))
"""Break-downs whose keys are ids of organisations (or empty)."""
