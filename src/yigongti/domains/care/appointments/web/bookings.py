"""One booking, and what could be taken instead."""

from django.http import HttpRequest, HttpResponse

from yigongti.domains.care.appointments.permissions import VIEW
from yigongti.domains.care.appointments.services.booking import visible
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.ui.cases import case_page


@permission_required(VIEW)
def appointment(request: HttpRequest, pk: int) -> HttpResponse:
    """One booking."""
    return case_page(request, visible(pk, request.actor), "appointments/appointment.html")  # type: ignore[attr-defined]


offers = appointment
