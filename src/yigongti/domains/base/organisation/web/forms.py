"""Forms of the organisation pages."""

from typing import Any, Self

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.base.organisation.formulas import fold, initials, is_uscc
from yigongti.domains.base.organisation.models import (
    ALLOWED_PARENTS,
    HEALTH_KINDS,
    INSTITUTION_KINDS,
    Alliance,
    Document,
    Kind,
    Name,
    Organisation,
    Tier,
)
from yigongti.domains.base.organisation.selectors import (
    areas_of,
    exists_on,
    institution_tier,
    lead_hospitals,
    local_authorities,
    under,
)
from yigongti.kernel import clock
from yigongti.kernel.ui.forms import Form

_TIERS = (("", "—"), *Tier.choices)


def new_key(place: str, name: str) -> str:
    """A stable key for an organisation entered by hand: its initials, numbered where they are taken."""
    base = initials(name)[:40] or "organisation"
    taken = set(Organisation.objects.filter(place=place, key__startswith=base).values_list("key", flat=True))
    return next(key for n in range(1, len(taken) + 2) if (key := base if n == 1 else f"{base}-{n}") not in taken)


class _Particulars(Form):
    """What may be said of any organisation."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=120)
    short_name = forms.CharField(label=gettext_lazy("简称"), max_length=60, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("类别"))
    tier = forms.ChoiceField(label=gettext_lazy("等级"), choices=_TIERS, required=False)
    legal_person = forms.BooleanField(label=gettext_lazy("独立法人"), required=False)
    uscc = forms.CharField(
        label=gettext_lazy("统一社会信用代码"),
        max_length=18,
        required=False,
        help_text=gettext_lazy("18 位，含校验码（GB 32100-2015）"),
    )
    division_code = forms.RegexField(
        r"^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$",
        label=gettext_lazy("行政区划代码"),
        required=False,
        help_text=gettext_lazy("2、4、6、9 或 12 位数字"),
    )

    def clean_uscc(self) -> str:
        code = str(self.cleaned_data["uscc"]).strip().upper()
        if code and not is_uscc(code):
            raise forms.ValidationError(_("代码不正确，请核对 18 位代码及其校验码。"))
        return code

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"]).strip()
        if not fold(name):
            raise forms.ValidationError(_("请填写机构名称。"))
        return name


class EditForm(_Particulars):
    """Particulars of an organisation that is there; a change of tier holds from today."""

    opened_on = forms.DateField(label=gettext_lazy("设立日期"), required=False)
    closed_on = forms.DateField(
        label=gettext_lazy("撤销日期"), required=False, help_text=gettext_lazy("从这一天起不再存在；有下级时不能撤销")
    )
    aliases = forms.CharField(
        label=gettext_lazy("别名"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("每行一个；按别名也能查到本机构"),
    )

    @classmethod
    def of(cls, row: Organisation, data: Any = None) -> Self:
        """The form of an organisation, filled in with what is known."""
        aliases = row.names.filter(use=Name.Use.ALIAS).order_by("pk").values_list("name", flat=True)
        form = cls(
            data,
            initial={
                **{name: getattr(row, name) for name in cls.base_fields if hasattr(row, name)},
                "tier": institution_tier(row.pk),
                "aliases": "\n".join(aliases),
            },
        )
        institution = row.kind in INSTITUTION_KINDS
        kinds = INSTITUTION_KINDS if institution else (Kind(row.kind),)
        form.fields["kind"].choices = [(kind.value, kind.label) for kind in kinds]  # type: ignore[attr-defined]
        if not institution:
            del form.fields["tier"]
        if row.kind == Kind.DEPARTMENT:
            del form.fields["uscc"], form.fields["legal_person"]
        return form

    def particulars(self) -> dict[str, Any]:
        """What ``services.tree.edit`` takes."""
        values = dict(self.cleaned_data)
        values["aliases"] = [line.strip() for line in values["aliases"].splitlines() if line.strip()]
        return values


class EnterForm(_Particulars):
    """A new organisation under a parent."""

    key = forms.SlugField(
        label=gettext_lazy("标识"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("英文、数字和下划线，用于导入文件的文件名；不填则按拼音首字母生成"),
    )
    starts_on = forms.DateField(label=gettext_lazy("自哪天起"))

    def __init__(self, *args: Any, parent: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(k.value, k.label) for k in self.kinds_under(parent)]  # type: ignore[attr-defined]
        self.fields["starts_on"].initial = clock.today

    @staticmethod
    def kinds_under(parent: Organisation) -> list[Kind]:
        """What may be entered directly under a parent; institutions come into an area by joining."""
        kinds = [kind for kind, parents in ALLOWED_PARENTS.items() if parent.kind in parents]
        if parent.kind in (Kind.AREA, Kind.CONSORTIUM):
            return [kind for kind in kinds if kind not in HEALTH_KINDS]
        return kinds


class MoveForm(Form):
    """Another parent from a day."""

    parent = forms.ModelChoiceField(label=gettext_lazy("新的上级机构"), queryset=Organisation.objects.none())
    on = forms.DateField(label=gettext_lazy("自哪天起"))
    reason = forms.CharField(label=gettext_lazy("依据"), max_length=200, required=False)

    def __init__(self, *args: Any, row: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = clock.today()
        self.fields["on"].initial = clock.today
        rows = Organisation.objects.filter(exists_on(today), place=row.place, kind__in=ALLOWED_PARENTS[Kind(row.kind)])
        _field(self, "parent").queryset = rows.exclude(pk__in=under(row.pk, today)).order_by("pk")


class AllianceMemberForm(Form):
    """An organisation takes part in an alliance from a day."""

    organisation = forms.ModelChoiceField(label=gettext_lazy("机构"), queryset=Organisation.objects.none())
    starts_on = forms.DateField(label=gettext_lazy("自哪天起"))
    lead = forms.BooleanField(label=gettext_lazy("牵头"), required=False)

    def __init__(self, *args: Any, place: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["starts_on"].initial = clock.today
        rows = Organisation.objects.filter(exists_on(clock.today()), place=place, kind__in=HEALTH_KINDS)
        _field(self, "organisation").queryset = rows.order_by("pk")


class AllianceForm(Form):
    """A new alliance."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=120)
    kind = forms.ChoiceField(label=gettext_lazy("类别"), choices=Alliance.Kind.choices)


class _Labelled(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return str(obj)


class JoiningForm(Form):
    """An institution applies to join. ``target`` is "group:lead"."""

    applicant = _Labelled(label=gettext_lazy("申请单位"), queryset=Organisation.objects.none())
    target = forms.ChoiceField(label=gettext_lazy("加入哪里"))
    local_authority = _Labelled(label=gettext_lazy("属地党委政府"), queryset=Organisation.objects.none())
    reason = forms.CharField(label=gettext_lazy("理由"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: Any, applicants: Any, place: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = clock.today()
        _field(self, "applicant").queryset = applicants
        _field(self, "local_authority").queryset = local_authorities(place, today)
        groups = [
            group
            for consortium in Organisation.objects.filter(place=place, kind=Kind.CONSORTIUM).order_by("pk")
            for group in (areas_of(consortium.pk, today) or [consortium])
        ]
        names = {row.pk: str(row) for row in Organisation.objects.filter(place=place, kind__in=INSTITUTION_KINDS)}
        self.fields["target"].choices = [  # type: ignore[attr-defined]
            (f"{group.pk}:{lead}", _("%(group)s（牵头医院：%(lead)s）") % {"group": group, "lead": names.get(lead, "")})
            for group in groups
            for lead in lead_hospitals(group.pk, today)
        ]


class LeavingForm(Form):
    """A member applies to leave."""

    applicant = _Labelled(label=gettext_lazy("申请单位"), queryset=Organisation.objects.none())
    local_authority = _Labelled(label=gettext_lazy("属地党委政府"), queryset=Organisation.objects.none())
    reason = forms.CharField(label=gettext_lazy("理由"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: Any, applicants: Any, place: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _field(self, "applicant").queryset = applicants
        _field(self, "local_authority").queryset = local_authorities(place, clock.today())


def _field(form: Form, name: str) -> Any:
    return form.fields[name]


class VersionForm(Form):
    """A version of a governing document."""

    text = forms.CharField(
        label=gettext_lazy("正文"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 16}),
        help_text=gettext_lazy("以“第一章”“第一条”“一、”或 # 开头的行作为标题，对比版本时按标题逐节对照"),
    )
    upload = forms.FileField(
        label=gettext_lazy("文件"),
        required=False,
        help_text=gettext_lazy("PDF、OFD、DOC 或 DOCX，不超过 20 MB"),
    )
    adopted_by = forms.CharField(
        label=gettext_lazy("通过机构"), max_length=120, help_text=gettext_lazy("例如：理事会第一次会议")
    )
    adopted_on = forms.DateField(label=gettext_lazy("通过日期"))
    in_force_from = forms.DateField(label=gettext_lazy("施行日期"))
    note = forms.CharField(label=gettext_lazy("修订说明"), max_length=500, required=False)


class DocumentForm(VersionForm):
    """A new governing document with its first version."""

    kind = forms.ChoiceField(label=gettext_lazy("类别"), choices=Document.Kind.choices)
    title = forms.CharField(label=gettext_lazy("标题"), max_length=120)

    field_order = ("kind", "title", "text", "upload", "adopted_by", "adopted_on", "in_force_from")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["note"]


def own_institutions(organisation_ids: frozenset[int], place: str, *, members: bool) -> Any:
    """Of these organisations, the institutions of a place that are members of a consortium today, or are not."""
    today = clock.today()
    consortia = Organisation.objects.filter(place=place, kind=Kind.CONSORTIUM)
    inside = frozenset().union(*(under(row.pk, today) for row in consortia))
    rows = Organisation.objects.filter(place=place, kind__in=HEALTH_KINDS, pk__in=organisation_ids)
    return (rows.filter(pk__in=inside) if members else rows).order_by("pk")
