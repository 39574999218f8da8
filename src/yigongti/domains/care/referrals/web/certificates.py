"""Certificates of referral out of the county: the list, one, its paper, and the check anybody may make."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.referrals import certificate_pdf, certificates
from yigongti.domains.care.referrals.models import Certificate
from yigongti.domains.care.referrals.permissions import APPROVE, ARRANGE, EXPORT, SEND, VIEW
from yigongti.domains.care.referrals.web.looks import note_certificate, note_list
from yigongti.kernel.access.api import Actor, Forbidden, NotVisible, ScopedQuerySet, system_actor
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.audit.api import record
from yigongti.kernel.ui.filters import DayRangeFilter, TextFilter
from yigongti.kernel.ui.listing import Column, Listing

COLOURS = {"valid": "good", "not_yet": "info", "expired": "", "revoked": "bad"}


@permission_required(VIEW, APPROVE)
def listing(request: HttpRequest) -> HttpResponseBase:
    """Certificates the reader's institutions asked for or issued, newest first."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    page = Listing(
        request,
        _visible(actor),
        name="certificates",
        title=_("县域外转诊证明"),
        order=("-year", "-serial"),
        columns=[
            Column("number", _("编号"), lead=True, href=lambda row: reverse("referrals:certificate", args=[row.pk])),
            Column("name_masked", _("姓名")),
            Column("origin_name", _("转出机构")),
            Column("destination_name", _("转入机构")),
            Column("issued_at", _("签发时间"), kind="moment", sort="issued_at"),
            Column("valid_until", _("有效期止"), kind="day", sort="valid_until"),
            Column(
                "state",
                _("状态"),
                kind="tag",
                value=lambda row: certificates.view(row).state_label,
                tag=lambda row: COLOURS[certificates.view(row).state],
            ),
        ],
        filters=[
            TextFilter("q", _("编号"), by="number__icontains"),
            TextFilter("destination", _("转入机构"), by="destination_name__icontains"),
            DayRangeFilter("issued", _("签发日期"), by="issued_at"),
        ],
        export=EXPORT,
        empty=_("还没有签发县域外转诊证明"),
    )
    note_list(page, actor, act="referrals.certificates", subject="certificates")
    return page.render("referrals/certificates.html")


@permission_required(VIEW, APPROVE)
def certificate(request: HttpRequest, pk: int) -> HttpResponse:
    """One certificate, as it stands today."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    row = _one(request, pk)
    note_certificate(row, actor)
    view = certificates.view(row)
    context = {"certificate": view, "colour": COLOURS[view.state], "may_print": _may_print(row, actor)}
    return render(request, "referrals/certificate.html", context)


@permission_required(VIEW, APPROVE)
def pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The paper, with the name in full: it is handed to the patient. Written to the audit trail."""
    row = _one(request, pk)
    if not _may_print(row, request.actor):  # type: ignore[attr-defined]
        raise Forbidden(ARRANGE)
    card = residents.card(row.resident_id)
    token = certificates.check_token(row.pk)
    address = request.build_absolute_uri(reverse("referrals:check", args=[token]))
    record(
        actor=request.actor,  # type: ignore[attr-defined]
        act="referrals.certificate_pdf",
        subject=f"certificate:{row.pk}",
        resident_id=residents.whole(row.resident_id),
    )
    paper = certificate_pdf.draw(
        certificates.view(row),
        name=card.full_name if card else row.name_masked,
        id_number=card.id_number if card else "",
        address=address,
    )
    response = HttpResponse(paper, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{row.number}.pdf"'
    return response


def _may_print(row: Certificate, actor: Actor) -> bool:
    """Those who hand it out: who arranged the referral at its origin, or who approves at the body that approved it."""
    approver_id = row.referral.approver_id
    return (
        actor.everything
        or actor.may(SEND, row.origin_id)
        or actor.may(ARRANGE, row.origin_id)
        or (approver_id is not None and actor.may(APPROVE, approver_id))
    )


def check(request: HttpRequest, token: str) -> HttpResponse:
    """What anybody who holds the paper may see: whether it is genuine and holds today; no diagnosis, no full name."""
    found = certificates.checked(token)
    if found is not None:
        record(
            actor=system_actor("public"),
            act="referrals.certificate_checked",
            subject=f"certificate:{found.id}",
            detail={"state": found.state},
        )
    context = {"certificate": found, "colour": COLOURS[found.state] if found else "bad"}
    response = render(request, "referrals/check.html", context, status=200 if found else 404)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "no-store"
    return response


def _visible(actor: Actor) -> ScopedQuerySet:
    """Those whose side the actor is on, by either permission."""
    return Certificate.objects.visible_to(actor, VIEW) | Certificate.objects.visible_to(actor, APPROVE)


def _one(request: HttpRequest, pk: int) -> Certificate:
    found: Certificate | None = _visible(request.actor).filter(pk=pk).first()  # type: ignore[attr-defined]
    if found is None:
        raise NotVisible
    return found
