"""The forms of referrals: a new one, accepting, returning, bringing in a catalogue."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.base.terminology.api import CodeField
from yigongti.domains.care.referrals.codes import DOWN_REASONS, SIDEWAYS_REASONS, UP_REASONS, Direction, Reach, Way
from yigongti.domains.care.referrals.deadlines import NEXT_CHECK_WITHIN
from yigongti.domains.care.referrals.services import routes
from yigongti.domains.care.referrals.services.drafting import ICD10
from yigongti.domains.care.referrals.summary import Item
from yigongti.domains.care.referrals.urgent import READINGS, SYMPTOMS
from yigongti.kernel import clock
from yigongti.kernel.ui.forms import Form

REASONS = {Direction.UP: UP_REASONS, Direction.DOWN: DOWN_REASONS, Direction.SIDEWAYS: SIDEWAYS_REASONS}
GROUP_LABELS = {
    "allergy": gettext_lazy("过敏"),
    "condition": gettext_lazy("诊断"),
    "medication": gettext_lazy("用药"),
    "observation": gettext_lazy("最近的检验和测量"),
}
LIMITS = {
    "systolic": (40, 300),
    "diastolic": (20, 200),
    "glucose": (0, 60),
    "pulse": (10, 300),
    "temperature": (25, 45),
}
WHOLE = {"systolic", "diastolic", "pulse"}


def item_words(item: Item) -> str:
    """One thing of the record, for a check box."""
    parts = [item.display, item.result, item.on, item.where]
    return " · ".join(part for part in parts if part)


class NewForm(Form):
    """What the origin writes. Which fields there are depends on the direction and on what was found meanwhile."""

    def __init__(
        self,
        *args: Any,
        kind: str,
        origins: list[tuple[int, str]],
        origin_id: int,
        groups: Mapping[str, list[Item]],
        asks: frozenset[str] = frozenset(),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.groups = kind, groups
        self.direction = Direction.UP if kind == "outside" else Direction(kind)
        outside = kind == "outside"
        self.add("origin", forms.ChoiceField(label=_("转出机构"), choices=[(str(pk), name) for pk, name in origins]))
        if len(origins) == 1:
            self.fields["origin"].widget = forms.HiddenInput()
        self.add("origin_department", forms.CharField(label=_("转出科室"), required=False, max_length=60))
        if outside:
            self.add("receiver_name", forms.CharField(label=_("县域外转入机构"), max_length=120))
            self.add(
                "receiver_region", forms.CharField(label=_("转入机构所在地"), max_length=60, help_text=_("省、市"))
            )
        else:
            self.add("receiver", forms.ChoiceField(label=_("转入机构"), choices=_receivers(origin_id, self.direction)))
        self.add("department", forms.CharField(label=_("转入科室"), required=False, max_length=60))
        self.add("diagnosis", CodeField(ICD10, label=_("主要诊断"), max_length=60))
        reasons = [("", _("请选择")), *((reason.value, reason.label) for reason in REASONS[self.direction])]
        self.add("reason", forms.ChoiceField(label=_("转诊原因"), choices=reasons))
        self.add(
            "note", forms.CharField(label=_("病情和转诊要求"), required=False, max_length=2000, widget=forms.Textarea)
        )
        self.add("inpatient", forms.BooleanField(label=_("需要住院"), required=False))
        if self.direction != Direction.DOWN:
            self._add_urgency()
        else:
            self._add_plan()
        for group, items in groups.items():
            if items:
                self.add(
                    f"summary_{group}",
                    forms.MultipleChoiceField(
                        label=GROUP_LABELS[group],
                        required=False,
                        choices=[(item.key, item_words(item)) for item in items],
                        widget=forms.CheckboxSelectMultiple,
                    ),
                )
        self.add("allergies", forms.CharField(label=_("过敏和其他须提醒的事"), required=False, max_length=500))
        if "above_reason" in asks:
            self.add("above_reason", forms.CharField(label=_("目录内仍要上转的理由"), max_length=500))
        if "duplicate_reason" in asks:
            self.add("duplicate_reason", forms.CharField(label=_("仍要转诊的理由"), max_length=500))

    def _add_urgency(self) -> None:
        self.add("urgent", forms.BooleanField(label=_("紧急转诊"), required=False))
        for name, label, unit in READINGS:
            low, high = LIMITS[name]
            common: dict[str, Any] = {
                "label": f"{label}（{unit}）", "required": False, "min_value": low, "max_value": high,
                "widget": forms.NumberInput({"step": "1" if name in WHOLE else "0.1"}),
            }  # fmt: skip
            whole = name in WHOLE
            self.add(
                name,
                forms.IntegerField(**common) if whole else forms.DecimalField(**common, max_digits=5, decimal_places=2),
            )
        self.add(
            "symptoms",
            forms.MultipleChoiceField(
                label=_("危急情况"), required=False, choices=SYMPTOMS, widget=forms.CheckboxSelectMultiple
            ),
        )

    def _add_plan(self) -> None:
        for name, label in (("care_plan", _("后续治疗方案")), ("medicines", _("用药")), ("next_checks", _("复查安排"))):
            self.add(name, forms.CharField(label=label, max_length=2000, widget=forms.Textarea))
        self.add(
            "next_check_on",
            forms.DateField(
                label=_("下次复查日期"), required=False, widget=forms.DateInput, validators=[_within_reach]
            ),
        )

    def group(self, *names: str) -> list[forms.BoundField]:
        return [self[name] for name in names if name in self.fields]

    @property
    def readings(self) -> list[forms.BoundField]:
        return self.group(*(name for name, _label, _unit in READINGS))

    @property
    def summaries(self) -> list[forms.BoundField]:
        return self.group(*(f"summary_{group}" for group in GROUP_LABELS))

    @property
    def plan(self) -> list[forms.BoundField]:
        return self.group("care_plan", "medicines", "next_checks", "next_check_on")

    @property
    def route(self) -> list[forms.BoundField]:
        return self.group(
            "origin", "origin_department", "receiver", "receiver_name", "receiver_region", "department", "inpatient"
        )

    @property
    def chosen(self) -> tuple[str, ...]:
        """Keys of the summary that were ticked."""
        return tuple(key for group in GROUP_LABELS for key in self.cleaned_data.get(f"summary_{group}", ()))


def _receivers(origin_id: int, direction: str) -> list[tuple[str, Any]]:
    """Receivers by reach, the own consortium first."""
    found: dict[str, list[tuple[str, str]]] = {}
    for view, reach in routes.receivers(origin_id, direction):
        found.setdefault(reach, []).append((str(view.id), f"{view.label}（{view.tier_label}）"))
    grouped: list[tuple[str, Any]] = [("", _("请选择"))]
    return grouped + [(str(Reach(reach).label), options) for reach, options in found.items()]


def _within_reach(day: date) -> None:
    """A next check that is over, or in the year 9999, is a slip of the pen."""
    if not clock.today() <= day <= clock.today() + NEXT_CHECK_WITHIN:
        raise forms.ValidationError(_("请填写今天起五年内的日期。"))


class AcceptForm(Form):
    """How the patient is taken in: one of the slots, a bed, or at once."""

    def __init__(self, *args: Any, slots: list[tuple[str, str]], at_once: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ways = [Way.SLOT, Way.BED, *([Way.AT_ONCE] if at_once else [])]
        self.add(
            "way",
            forms.ChoiceField(
                label=_("接收方式"), choices=[(w.value, w.label) for w in ways], widget=forms.RadioSelect
            ),
        )
        self.add(
            "slot",
            forms.ChoiceField(label=_("预留的号源"), required=False, choices=slots, widget=forms.RadioSelect),
        )
        self.add("ward", forms.CharField(label=_("病区和床位"), required=False, max_length=100))
        self.add("on", forms.DateField(label=_("入院日期"), required=False, widget=forms.DateInput))
        self.add(
            "instructions",
            forms.CharField(
                label=_("到诊须知"), required=False, max_length=500, help_text=_("请患者带什么、到哪里找谁")
            ),
        )

    def offer(self, slots: list[tuple[str, str]]) -> None:
        """The slots there are by now."""
        self.fields["slot"].choices = slots  # type: ignore[attr-defined]


class FindForm(Form):
    """Whom to refer."""

    q = forms.CharField(label=gettext_lazy("姓名、身份证号码或手机号"), max_length=100)


class CatalogueForm(Form):
    """An edition of the catalogue to bring in."""

    file = forms.FileField(label=gettext_lazy("病种收治目录（Excel 或 CSV）"))
    name = forms.CharField(label=gettext_lazy("目录名称"), max_length=120)
    document = forms.CharField(label=gettext_lazy("依据文件"), max_length=200, help_text=gettext_lazy("文件名称和文号"))
    clause = forms.CharField(label=gettext_lazy("条款"), max_length=80, required=False)
    starts_on = forms.DateField(label=gettext_lazy("从哪一天起执行"), widget=forms.DateInput)
