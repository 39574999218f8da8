"""Two entries are one person, or are no more: whose a booking is follows the index."""

from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from yigongti.domains.base.residents import api as residents
from yigongti.domains.base.residents.events import MergeUndone, ResidentHandedOver, ResidentsMerged
from yigongti.domains.care.appointments.lake import mark_residents_changed
from yigongti.domains.care.appointments.models import Appointment
from yigongti.domains.care.appointments.permissions import RECEIVE
from yigongti.kernel.events import subscribe
from yigongti.kernel.notices.api import notify

_WHY = "a booking follows its person"


@subscribe(ResidentsMerged, within=True)
def _merged(event: ResidentsMerged) -> None:
    """Bookings come to stand under the entry that stands for the person.

    Where both had a place at the same time, one booking stays where it is, and its clinic is told to ask the person:
    nobody's place is taken away because an officer found two entries to be one.
    """
    kept = residents.whole(event.kept_id) or event.kept_id
    rows = Appointment.objects.unscoped(_WHY).filter(resident_id=event.absorbed_id).order_by("pk")
    for case in list(rows):
        try:
            with transaction.atomic():
                Appointment.objects.unscoped(_WHY).filter(pk=case.pk).update(resident_id=kept)
        except IntegrityError:
            with translation.override("zh-hans"):
                notify(
                    f"appointments.two_at_once:{case.pk}",
                    title=_("同一个人同一时间有两个预约"),
                    body=_(
                        "预约 %(number)s 与另一个预约时间重叠。两条居民记录刚被合并为一人，请与本人核实后取消其中一个。"
                    )
                    % {"number": case.number},
                    address=case.get_absolute_url(),
                    desk=(RECEIVE, case.institution_id),
                )
    mark_residents_changed([kept, event.absorbed_id])


@subscribe(MergeUndone, within=True)
def _parted(event: MergeUndone) -> None:
    """What was booked for the absorbed entry is its own again."""
    own = residents.cluster(event.absorbed_id)
    rows = Appointment.objects.unscoped(_WHY).filter(booked_for_id__in=own)
    rows.exclude(resident_id=event.absorbed_id).update(resident_id=event.absorbed_id)
    mark_residents_changed([event.kept_id, event.absorbed_id])


@subscribe(ResidentHandedOver, within=True)
def _handed_over(event: ResidentHandedOver) -> None:
    mark_residents_changed(residents.cluster(event.resident_id))
