"""What a policy look-up gives back: the value with the document, clause and evidence behind it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Generic, TypeVar

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yigongti.kernel.policy.kinds import UNITS, Kind
from yigongti.kernel.policy.words import Words
from yigongti.kernel.policy.yaml_reader import Problem

T = TypeVar("T")


class Evidence(StrEnum):
    """How a value is known. The first four count as confirmed; the others a place must confirm."""

    V_LAW = "V-LAW"
    V_SEED = "V-SEED"
    V_DOC = "V-DOC"
    V_COMP = "V-COMP"
    V_SEC = "V-SEC"
    R_H = "R-H"
    R_M = "R-M"
    R_L = "R-L"
    PROPOSED = "PROPOSED"

    @property
    def sure(self) -> bool:
        return self in {Evidence.V_LAW, Evidence.V_SEED, Evidence.V_DOC, Evidence.V_COMP}

    @property
    def label(self) -> str:
        return str(_EVIDENCE[self])


_EVIDENCE = {
    Evidence.V_LAW: _("法律法规原文"),
    Evidence.V_SEED: _("本地方案原文"),
    Evidence.V_DOC: _("官方文件原文"),
    Evidence.V_COMP: _("由公开数据算得"),
    Evidence.V_SEC: _("二手资料"),
    Evidence.R_H: _("凭记忆，把握较大"),
    Evidence.R_M: _("凭记忆，把握一般"),
    Evidence.R_L: _("凭记忆，把握较小"),
    Evidence.PROPOSED: _("平台建议值"),
}


class Sense(StrEnum):
    """How the document's wording limits a figure: 不低于, 左右, 不超过, or exactly."""

    AT_LEAST = "at_least"
    ABOUT = "about"
    AT_MOST = "at_most"
    EXACTLY = "exactly"

    @property
    def sign(self) -> str:
        return {"at_least": "≥ ", "about": gettext("约 "), "at_most": "≤ ", "exactly": ""}[self.value]


class Standing(StrEnum):
    """What weight a document has."""

    IN_FORCE = "in_force"
    TRIAL = "trial"
    DRAFT = "draft"
    SUPERSEDED = "superseded"
    DEFAULTS = "defaults"

    @property
    def label(self) -> str:
        return str(_STANDING[self])


_STANDING = {
    Standing.IN_FORCE: _("现行"),
    Standing.TRIAL: _("试行"),
    Standing.DRAFT: _("征求意见稿"),
    Standing.SUPERSEDED: _("已被替代"),
    Standing.DEFAULTS: _("平台默认值"),
}


@dataclass(frozen=True)
class Place:
    """A government that has a plan, or the country. A missing value is looked for at ``parent`` next."""

    key: str
    name: Words
    level: str
    division: str
    parent: str | None

    def __str__(self) -> str:
        return str(self.name)


@dataclass(frozen=True)
class Document:
    """A government document that values and clauses cite."""

    key: str
    title: Words
    number: str
    issued_by: Words
    issued_on: date | None
    standing: Standing
    place: str

    def __str__(self) -> str:
        if self.standing is Standing.DEFAULTS:
            return str(self.title)
        title = gettext("《%(title)s》") % {"title": self.title}
        if self.standing is Standing.DRAFT:
            title = gettext("%(title)s（征求意见稿）") % {"title": title}
        return f"{title} {self.number}".strip()


@dataclass(frozen=True)
class Value(Generic[T]):
    """A value in force from ``effective_from`` up to, not including, ``effective_to`` (None: still).

    ``place`` is where it was written, which may be a parent of the place asked for. ``due`` is the day by
    which a target is to be reached. Unconfirmed values are defaults that a place must still confirm.
    """

    name: str
    value: T
    unit: str
    kind: Kind[T]
    document: Document
    clause: str
    evidence: Evidence
    confirmed: bool
    effective_from: date
    effective_to: date | None
    place: str
    due: date | None = None
    sense: Sense = Sense.EXACTLY
    note: Words | None = None
    confirmed_by: str = ""
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        """For people: ``≥ 90 %``, ``15 分钟``, ``结余留用``."""
        return f"{self.sense.sign}{self.kind.show(self.value)} {UNITS[self.unit]}".rstrip()

    @property
    def citation(self) -> str:
        """Document and clause in one line."""
        return f"{self.document} {self.clause}".strip()

    def covers(self, day: date) -> bool:
        """Whether the value is in force on a day."""
        return self.effective_from <= day and (self.effective_to is None or day < self.effective_to)


@dataclass(frozen=True)
class Body:
    """Who leads or answers for a clause."""

    key: str
    name: Words


@dataclass(frozen=True)
class Ask:
    """One thing a clause asks for and the references to what carries it out (``page:…``, ``measure:…``)."""

    says: Words
    carried_out_by: tuple[str, ...]
    outside_system: bool
    due: date | None


@dataclass(frozen=True)
class Clause:
    """A clause of a plan in our own words."""

    place: str
    document: Document
    section: str
    section_title: Words
    number: str
    title: Words
    leads: tuple[Body, ...]
    responsible: tuple[Body, ...]
    due: date | None
    asks: tuple[Ask, ...]


class PolicyGap(LookupError):
    """There is no value for a parameter at a place on a date; computing must stop, not guess."""

    def __init__(self, name: str, place: str, as_of: date, spans: tuple[str, ...], known: bool = True) -> None:
        self.name, self.place, self.as_of, self.spans, self.known = name, place, as_of, spans, known
        if not known:
            detail = gettext("没有声明过这个参数")
        elif spans:
            detail = gettext("已有的起止日期：%(spans)s") % {"spans": gettext("；").join(spans)}
        else:
            detail = gettext("任何日期都没有值")
        super().__init__(
            gettext("政策参数“%(name)s”在“%(place)s”于 %(day)s 没有值（%(detail)s）")
            % {"name": name, "place": place, "day": as_of.isoformat(), "detail": detail}
        )


class PolicyErrors(Exception):
    """The policy files hold mistakes; all of them, one per line."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))
