"""Terminology, for everybody else: what a code means on a day, look-up, value sets, and the groups of diseases."""

from yigongti.domains.base.terminology.groups import (
    UNCODED,
    DiseaseGroup,
    GroupRange,
    disease_chapter,
    disease_group,
    group_named,
)
from yigongti.domains.base.terminology.groups import ranges as disease_group_ranges
from yigongti.domains.base.terminology.selectors import (
    Coded,
    choices,
    display,
    find,
    search,
    system_of,
    value_set,
)
from yigongti.domains.base.terminology.services import Imported, ImportRefused, import_edition, load_shipped
from yigongti.domains.base.terminology.web.fields import CodeField

__all__ = [
    "UNCODED",
    "CodeField",
    "Coded",
    "DiseaseGroup",
    "GroupRange",
    "ImportRefused",
    "Imported",
    "choices",
    "disease_chapter",
    "disease_group",
    "disease_group_ranges",
    "display",
    "find",
    "group_named",
    "import_edition",
    "load_shipped",
    "search",
    "system_of",
    "value_set",
]
