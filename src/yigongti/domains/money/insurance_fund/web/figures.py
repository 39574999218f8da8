"""The year's tables, one figure with all it is made of, and the claims below it."""

from datetime import date
from logging import getLogger

import duckdb
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.base.residents import api as residents
from yigongti.domains.money.insurance_fund import gathering, selectors, words
from yigongti.domains.money.insurance_fund.claims import ALL, NONE, Row, Which
from yigongti.domains.money.insurance_fund.formulas.clearing import WHERE
from yigongti.domains.money.insurance_fund.gathering import Gathered
from yigongti.domains.money.insurance_fund.permissions import CLAIMS, VIEW
from yigongti.domains.money.insurance_fund.statement import Line
from yigongti.domains.money.insurance_fund.web import tables
from yigongti.domains.money.insurance_fund.web.year import head
from yigongti.kernel.access.api import Actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.audit.api import record
from yigongti.kernel.ui.listing import Column, Listing

logger = getLogger(__name__)
SHOWN = 500
NARROWING = ("home", "treated", "institution", "where", "month", "outside", "certified", "ids")


def _found(request: HttpRequest, pk: int) -> Gathered:
    found = gathering.gather(selectors.year(pk, actor=request.actor))  # type: ignore[attr-defined]
    return found


@permission_required(VIEW)
def budget(request: HttpRequest, pk: int) -> HttpResponse:
    """From the pool to each holder's budget and prepayments."""
    found = _found(request, pk)
    context = {
        **head(found, request.actor, "budget"),  # type: ignore[attr-defined]
        "fund_rows": tables.fund_rows(found),
        "rows": tables.holder_rows(found, tables.BUDGET_LINES),
        "holders": found.inputs.holders,
    }
    return render(request, "insurance_fund/budget.html", context)


@permission_required(VIEW)
def clearing(request: HttpRequest, pk: int) -> HttpResponse:
    """The clearing: every holder's lines, between holders, patients."""
    found = _found(request, pk)
    context = {
        **head(found, request.actor, "clearing"),  # type: ignore[attr-defined]
        "rows": tables.holder_rows(found, tables.CLEARING_LINES),
        "whole_rows": tables.whole_rows(found),
        "between": tables.between_rows(found),
        "patients": tables.patient_rows(found),
        "referral_rows": tables.referral_rows(found),
        "holders": found.inputs.holders,
        "lacking": found.statement.lacking if found.statement else (),
        "complete": found.scope is not None
        and found.sums is not None
        and set(found.scope.months) <= set(found.sums.months),
    }
    return render(request, "insurance_fund/clearing.html", context)


@permission_required(VIEW)
def members(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Each member: what the fund paid there, services, its part of the surplus."""
    found = _found(request, pk)
    tiers = {"tertiary": _("三级"), "secondary": _("二级"), "primary": _("一级（基层）"), "village": _("村级")}
    return Listing(
        request,
        tables.member_rows(found),
        name="fund-members",
        title=_("成员单位清算"),
        columns=[
            Column("name", gettext_lazy("成员单位"), value=lambda r: r["name"], lead=True),
            Column("holder", gettext_lazy("预算单位"), value=lambda r: r["holder"]),
            Column("tier", gettext_lazy("等级"), value=lambda r: tiers.get(r["tier"], "")),
            Column("services", gettext_lazy("服务量"), kind="number", value=lambda r: r["services"]),
            Column("points", gettext_lazy("考核得分"), kind="number", value=lambda r: r["points"]),
            Column("paid", gettext_lazy("基金支付"), kind="yuan", value=lambda r: r["paid"],
                   href=lambda r: r["paid_href"] or None),
            Column("share", gettext_lazy("分得的结余"), kind="yuan", value=lambda r: r["share"],
                   href=lambda r: r["share_href"] or None),
            Column("borne", gettext_lazy("分担的超支"), kind="yuan", value=lambda r: r["borne"],
                   href=lambda r: r["borne_href"] or None),
        ],
        export=VIEW,
        empty=_("没有成员单位"),
    ).render("insurance_fund/members.html", head(found, request.actor, "members"))  # type: ignore[attr-defined]  # fmt: skip


@permission_required(VIEW)
def line(request: HttpRequest, pk: int, line_key: str) -> HttpResponse:
    """One figure: formula, inputs, clause, the figures it is made of, and the way to its claims."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = _found(request, pk)
    one = found.statement.line(line_key) if found.statement else None
    if one is None or found.statement is None:
        raise Http404(line_key)
    names = words.whose(found)
    context = {
        **head(found, actor, ""),
        "line": one,
        "label": words.line_label(one),
        "whose": _whose(one, names),
        "formula": words.formula_label(one.formula),
        "inputs": [words.input_words(name, value) for name, value in one.inputs if name != "adjustment"],
        "citations": found.statement.citations(one),
        "below": [
            {"label": words.line_label(b), "whose": _whose(b, names), "fen": b.fen,
             "href": tables.line_address(found, b.key), "formula": words.formula_label(b.formula)}
            for k in one.below
            if (b := found.statement.line(k)) is not None
        ],
        "claims": claims_address(found, one) if one.claims and actor.may(CLAIMS) else "",
        "corrections": corrections_address(found, one) if actor.may(CLAIMS) else "",
    }  # fmt: skip
    return render(request, "insurance_fund/line.html", context)


def _whose(one: Line, names: dict[int, str]) -> str:
    parts = [names.get(one.of, "")] if one.of is not None else []
    if one.nth is not None and one.name in ("owes", "net_owes", "member_paid", "distribution", "bears"):
        parts.append(names.get(one.nth, ""))
    joint = " → " if one.name in ("owes", "net_owes") else " · "
    return joint.join(part for part in parts if part)


def claims_address(found: Gathered, one: Line) -> str:
    asked = {**dict(one.claims), "of": one.key}
    return reverse("insurance_fund:claims", args=[found.year.pk]) + "?" + urlencode(asked)


def corrections_below(one: Line) -> dict[str, str | int] | None:
    """Which corrections are in a figure; None where it has none."""
    if one.name != "corrections" and "corrections_fen" not in dict(one.inputs):
        return None
    return dict(one.claims or (("home", one.of or 0),))


def corrections_address(found: Gathered, one: Line) -> str:
    """Where the corrections in a figure are listed; "" where it has none."""
    asked = corrections_below(one)
    if asked is None:
        return ""
    return reverse("insurance_fund:corrections", args=[found.year.pk]) + "?" + urlencode(asked)


@permission_required(CLAIMS)
def claims(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The claims below a figure, the most expensive first; of a closed year those it was closed by.

    Who doesn't hold the permission at the payer sees those of his own institutions: treated there, or of people they
    look after. What isn't shown is counted, as far as it is a figure of the statement anyway.
    """
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = _found(request, pk)
    if found.snapshot is None or found.scope is None:
        raise Http404
    which, mine = _which(request, found), within(actor, found)
    of = _of(request, found)
    try:
        with found.reading() as read:
            total, fund = read.count(which, within=mine if of is None else None)
            all_rows = read.rows(which, limit=SHOWN, within=mine)
    except (duckdb.Error, OSError) as gone:
        if not found.frozen:
            raise
        return kept_gone(request, found, gone)
    everything = mine is None
    names: dict[int, str] = {}
    page = Listing(
        request, all_rows, name="fund-claims", title=_("结算单"), columns=_columns(names),
        empty=_("没有结算单"),
    )  # fmt: skip
    shown = {row.resident_id for row in page.page.rows}
    names.update({pk_: card.name or card.temporary_no for pk_, card in residents.cards(shown).items()})
    record(
        actor=actor, act="insurance_fund.look_at_claims", subject=f"insurance_fund.year:{found.year.pk}",
        resident_ids=shown, detail={"of": of.key if of else "", "shown": len(page.page.rows)},
    )  # fmt: skip
    context = {
        **head(found, actor, ""), "line": of, "label": words.line_label(of) if of else _("结算单"),
        "whose": _whose(of, words.whose(found)) if of else "", "total": total, "fund": fund,
        "line_href": tables.line_address(found, of.key) if of else "", "shown": len(all_rows),
        "narrowed": not everything,
    }  # fmt: skip
    return page.render("insurance_fund/claims.html", context)


def kept_gone(request: HttpRequest, found: Gathered, why: Exception) -> HttpResponse:
    """The claims a year was closed by can't be read: said in words, on the page of its frozen figures."""
    logger.error("kept claims of a closed year: %s", why)
    messages.error(request, _("冻结时保存的结算数据已经丢失或被改动，请立即联系平台运维。"))
    return HttpResponseRedirect(reverse("insurance_fund:clearing", args=[found.year.pk]))


def _columns(names: dict[int, str]) -> list[Column]:
    return [
        Column("record_no", gettext_lazy("结算单号"), lead=True, value=lambda r: r.record_no,
               href=lambda r: reverse("claims:claim", args=[r.id])),
        Column("happened_on", gettext_lazy("结算日期"), kind="day", value=lambda r: r.happened_on),
        Column("person", gettext_lazy("参保人"), value=lambda r: names.get(r.resident_id, "")),
        Column("institution", gettext_lazy("就诊机构"), value=lambda r: r.institution_name, chinese=True),
        Column("code", gettext_lazy("诊断编码"), value=lambda r: r.code),
        Column("certificate", gettext_lazy("转诊证明"), value=lambda r: r.certificate_no),
        Column("certified", gettext_lazy("转诊"), kind="tag", value=_referral,
               tag=lambda r: "good" if r.certified else "attention"),
        Column("missed", gettext_lazy("有转诊时多付"), kind="yuan", value=lambda r: r.missed_fen or None),
        Column("total", gettext_lazy("总费用"), kind="yuan", value=lambda r: r.total_fen),
        Column("fund", gettext_lazy("基金支付"), kind="yuan", value=lambda r: r.fund_fen),
        Column("reverses", gettext_lazy("冲销"), value=lambda r: r.reverses),
    ]  # fmt: skip


def _referral(row: Row) -> str:
    if row.certified is None:
        return ""
    return _("有") if row.certified else _("无")


def within(actor: Actor, found: Gathered) -> frozenset[int] | None:
    """The institutions whose claims the reader may see; None for all."""
    if actor.may(CLAIMS, found.year.payer_id):
        return None
    return actor.organisations(CLAIMS)


def _of(request: HttpRequest, found: Gathered) -> Line | None:
    """The figure whose claims are asked for, if they are its claims and no others."""
    one = found.statement.line(request.GET.get("of", "")[:60]) if found.statement else None
    if one is None:
        return None
    asked = {name: request.GET[name] for name in NARROWING if name in request.GET}
    return one if one.claims and asked == {name: str(value) for name, value in one.claims} else None


def _which(request: HttpRequest, found: Gathered) -> Which:
    """What a figure's address asks for. What makes no sense is a page that doesn't exist."""
    asked = request.GET
    try:
        home: int | str = asked.get("home", ALL)
        if home not in (ALL, NONE):
            home = _number(str(home))
        where = asked.get("where", "")
        if where and where not in WHERE:
            raise ValueError(where)
        ids = tuple(_number(one) for one in asked.get("ids", "").split(",")[:1000] if one) if "ids" in asked else None
        return Which(
            home=home,
            treated=_number(asked["treated"]) if "treated" in asked else None,
            institution=_number(asked["institution"]) if "institution" in asked else None,
            where=where,
            month=date.fromisoformat(asked["month"]) if "month" in asked else None,
            outside={"1": True, "0": False}[asked["outside"]] if "outside" in asked else None,
            certified={"1": "1", "0": "0", "exempt": "exempt"}[asked["certified"]] if "certified" in asked else "",
            ids=ids,
        )
    except (ValueError, KeyError):
        raise Http404 from None


def _number(text: str) -> int:
    if not (text.isdecimal() and len(text) <= 18):
        raise ValueError(text)
    return int(text)
