"""Pages."""

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _

from yigongti.domains.${tier}.${name} import selectors
from yigongti.domains.${tier}.${name}.permissions import VIEW
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.ui.listing import Column, Listing


@permission_required(VIEW)
def entries(request: HttpRequest) -> HttpResponseBase:
    """The list of entries."""
    return Listing(
        request,
        selectors.entries(request.actor),  # type: ignore[attr-defined]
        name="${name}",
        title=_("${label}"),
        order=("-written_at", "-pk"),
        columns=[
            Column("title", _("标题"), lead=True),
            Column("written_at", _("登记时间"), kind="moment", sort="written_at"),
        ],
        empty=_("还没有内容"),
    ).render("${name}/entries.html")
