"""The gallery of components: for developers, and for system administrators who want to see what a release changed."""

from datetime import timedelta
from typing import Any

from django import forms as django_forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import pgettext, pgettext_lazy

from yigongti.kernel import clock
from yigongti.kernel.access.web.guard import signed_in
from yigongti.kernel.ui.cases import Entry
from yigongti.kernel.ui.chart import Chart, Series
from yigongti.kernel.ui.filters import ChoiceFilter, DayRangeFilter, TextFilter
from yigongti.kernel.ui.forms import Form
from yigongti.kernel.ui.listing import Column, Listing
from yigongti.kernel.ui.permissions import GALLERY


class SampleForm(Form):
    """One field of each sort."""

    name = django_forms.CharField(label=pgettext_lazy("gallery", "姓名"), max_length=60)
    born = django_forms.DateField(
        label=pgettext_lazy("gallery", "出生日期"), help_text=pgettext_lazy("gallery", "例如 1968-03-15")
    )
    sex = django_forms.ChoiceField(
        label=pgettext_lazy("gallery", "性别"),
        choices=[("1", pgettext_lazy("gallery", "男")), ("2", pgettext_lazy("gallery", "女"))],
        widget=django_forms.RadioSelect,
    )
    institution = django_forms.ChoiceField(
        label=pgettext_lazy("gallery", "管理机构"),
        choices=[
            ("", "—"),
            ("1", pgettext_lazy("gallery", "城东卫生院")),
            ("2", pgettext_lazy("gallery", "城西社区卫生服务中心")),
        ],
    )
    note = django_forms.CharField(label=pgettext_lazy("gallery", "备注"), required=False, widget=django_forms.Textarea)
    agreed = django_forms.BooleanField(label=pgettext_lazy("gallery", "本人已同意查阅健康档案"), required=False)
    attached = django_forms.FileField(
        label=pgettext_lazy("gallery", "附件"),
        required=False,
        help_text=pgettext_lazy("gallery", "CSV 或 Excel，最大 200 MB"),
    )


def _may_see(request: HttpRequest) -> None:
    if not settings.DEBUG and not request.actor.may(GALLERY):  # type: ignore[attr-defined]
        raise Http404


@signed_in
def gallery(request: HttpRequest) -> HttpResponseBase:
    """Every component with sample content; no record of anybody."""
    _may_see(request)
    form = SampleForm(request.POST or None, request.FILES or None)
    status_form = SampleForm({"name": "", "sex": "1"}) if "errors" in request.GET else form
    return _listing(request).render("ui/gallery.html", {**_samples(), "form": status_form})


def _samples() -> dict[str, Any]:
    now = clock.now()
    months = [f"2026-{m:02d}" for m in range(1, 11)]
    east = [81.0, 81.4, 82.2, 82.9, 83.0, 83.8, 84.1, 84.0, 84.9, 85.5]
    inside: list[float | None] = [84.1, 84.9, 85.2, 85.0, 86.1, 86.4, None, 86.9, 87.1, 87.3]
    return {
        "trend": inside,
        "line": Chart(
            months,
            [Series(pgettext("gallery", "全市"), inside), Series(pgettext("gallery", "东部片区"), east)],
            unit="%",
            axis=pgettext("gallery", "月份"),
            target=90,
            target_label=pgettext("gallery", "目标 90%"),
        ),
        "bars": Chart(
            [
                pgettext("gallery", "城东卫生院"),
                pgettext("gallery", "城西社区卫生服务中心"),
                pgettext("gallery", "第一人民医院"),
            ],
            [Series(pgettext("gallery", "就诊人次"), [5120, 3871, 12044])],
            kind="bars",
            unit="",
            axis=pgettext("gallery", "机构"),
            from_zero=True,
        ),
        "steps": [
            {"label": pgettext("gallery", "提出意向"), "state": "done"},
            {"label": pgettext("gallery", "属地同意"), "state": "done"},
            {"label": pgettext("gallery", "指导中心同意"), "state": "current"},
            {"label": pgettext("gallery", "专班会议通过"), "state": "todo"},
            {"label": pgettext("gallery", "签订协议"), "state": "todo"},
        ],
        "timeline": [
            Entry(
                pgettext("gallery", "等待处理"),
                now + timedelta(days=2),
                detail=pgettext("gallery", "指导中心应在 2 天内答复"),
                kind="waiting",
            ),
            Entry(
                pgettext("gallery", "属地同意"),
                now - timedelta(days=1),
                pgettext("gallery", "王主任"),
                pgettext("gallery", "玉山镇"),
                tag=pgettext("gallery", "已同意"),
                kind="good",
            ),
            Entry(
                pgettext("gallery", "提出意向"),
                now - timedelta(days=4),
                pgettext("gallery", "李院长"),
                pgettext("gallery", "城东卫生院"),
                detail=pgettext("gallery", "愿意加入东部片区，接受统一管理。"),
            ),
        ],
        "soon": now + timedelta(days=1),
    }


def _listing(request: HttpRequest) -> Listing:
    today = clock.today()
    kinds = {"a": pgettext("gallery", "高血压"), "b": pgettext("gallery", "糖尿病"), "c": pgettext("gallery", "已转诊")}
    rows = [
        {
            "name": pgettext("gallery", "居民 %(n)d") % {"n": n},
            "kind": "abc"[n % 3],
            "due": today + timedelta(days=n - 3),
            "fee": 12_345 * n,
            "visits": n * 7 % 31,
            "share": (n * 13 % 100) / 100,
        }
        for n in range(1, 61)
    ]
    return Listing(
        request,
        rows,
        name="gallery",
        title=pgettext("gallery", "示例列表"),
        export=GALLERY,
        columns=[
            Column("name", pgettext("gallery", "姓名"), sort="name", lead=True, href=lambda row: "#list"),
            Column(
                "kind",
                pgettext("gallery", "类别"),
                kind="tag",
                value=lambda row: kinds[row["kind"]],
                tag=lambda row: {"a": "attention", "b": "info", "c": "good"}[row["kind"]],
            ),
            Column("due", pgettext("gallery", "下次随访"), kind="due", sort="due"),
            Column("visits", pgettext("gallery", "就诊次数"), kind="number", sort="visits"),
            Column("fee", pgettext("gallery", "费用（元）"), kind="yuan", sort="fee"),
            Column("share", pgettext("gallery", "报销比例"), kind="share"),
        ],
        filters=[
            TextFilter(
                "q", pgettext("gallery", "姓名"), by=lambda rows, text: [row for row in rows if text in row["name"]]
            ),
            ChoiceFilter(
                "kind",
                pgettext("gallery", "类别"),
                choices=list(kinds.items()),
                by=lambda rows, kind: [r for r in rows if r["kind"] == kind],
            ),
            DayRangeFilter(
                "due",
                pgettext("gallery", "下次随访"),
                by=lambda rows, days: [
                    r for r in rows if (not days[0] or r["due"] >= days[0]) and (not days[1] or r["due"] <= days[1])
                ],
            ),
        ],
        page_size=25,
    )


@signed_in
def gallery_progress(request: HttpRequest) -> HttpResponse:
    """A sample of long work that has ended: what a polled component receives."""
    _may_see(request)
    return render(request, "ui/gallery_progress.html")
