"""One's notices, the bell that looks after them by itself, and what went out by text."""

from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from yigongti.kernel.access.api import Actor, NotVisible
from yigongti.kernel.access.web.guard import permission_required, signed_in
from yigongti.kernel.notices import selectors, senders, services
from yigongti.kernel.notices.models import Notice
from yigongti.kernel.notices.permissions import SEE_OUTBOX
from yigongti.kernel.ui.filters import ChoiceFilter
from yigongti.kernel.ui.listing import Column, Listing


@signed_in
def notices(request: HttpRequest) -> HttpResponseBase:
    """My notices, the newest first; a POST says that all are read."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if request.method == "POST":
        count = services.read_all(actor=actor)
        messages.success(
            request, ngettext("%(n)s 条通知已标为已读。", "%(n)s 条通知已标为已读。", count) % {"n": count}
        )
        return redirect("notices:notices")
    return Listing(
        request,
        selectors.of_account(actor),
        name="notices",
        title=_("通知"),
        order=("-told_at", "-pk"),
        columns=[
            Column("title", _("内容"), lead=True, href=lambda n: f"{n.pk}/", chinese=True),
            Column("body", _("说明"), chinese=True),
            Column(
                "read_at",
                _("状态"),
                kind="tag",
                value=_state,
                tag=lambda n: "" if n.read_at else "bad" if n.urgent else "attention",
            ),
            Column("told_at", _("时间"), kind="moment", sort="told_at"),
        ],
        filters=[
            ChoiceFilter(
                "state",
                _("状态"),
                by=lambda rows, value: rows.filter(read_at__isnull=value == "unread"),
                choices=[("unread", _("未读")), ("read", _("已读"))],
            )
        ],
        empty=_("没有通知"),
    ).render("notices/notices.html", {"unread": selectors.of_account(actor).filter(read_at=None).exists()})


def _state(notice: Notice) -> str:
    if notice.read_at:
        return _("已读")
    return _("紧急，未读") if notice.urgent else _("未读")


@signed_in
def open_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """What a notice is about; it counts as read from now on."""
    address = services.read(pk, actor=request.actor)  # type: ignore[attr-defined]
    if address is None:
        raise NotVisible
    return redirect(address or "notices:notices")


@signed_in
def bell(request: HttpRequest) -> HttpResponse:
    """The bell alone: the page asks for it now and then, so that an urgent notice is not found by chance."""
    return render(request, "ui/bell.html")


@permission_required(SEE_OUTBOX)
def outbox(request: HttpRequest) -> HttpResponseBase:
    """What the default sender wrote instead of sending: for places without a gateway, and for trying things out."""
    return Listing(
        request,
        [replace(one, text=senders.without_codes(one.text)) for one in senders.sent()],
        name="outbox",
        title=_("发出的短信"),
        columns=[
            Column("text", gettext_lazy("内容"), lead=True, chinese=True),
            Column("phone", gettext_lazy("电话")),
            Column("at", gettext_lazy("时间"), kind="moment"),
        ],
        empty=_("还没有发出短信"),
    ).render("notices/outbox.html", {"sender": type(senders.sender()).__name__})
