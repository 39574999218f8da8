"""Why something can't be done: ``str()`` is a sentence for whoever tried. Nothing has changed."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from yigongti.domains.care.appointments.views import SlotView


class ClinicRefused(Exception):
    """A schedule, session or its hours can't be changed like that."""


class BookingRefused(Exception):
    """The place can't be booked, changed or given back."""


class BarcodeWanted(BookingRefused):
    """Nothing ties whoever books to the person, whose own barcode would show that he is there and asks for it."""

    def __init__(self) -> None:
        super().__init__(
            _("这位居民不由您的机构管理，也没有诊疗、签约或转诊关系。请先扫描居民本人出示的条码，再为其预约。")
        )


class SlotTaken(BookingRefused):
    """The places of the slot are gone. ``alternatives``: the nearest free ones that could be booked instead."""

    def __init__(self, slot: "SlotView", alternatives: "tuple[SlotView, ...]" = ()) -> None:
        self.slot = slot
        self.alternatives = alternatives
        taken = _("%(when)s 的号已被约完。") % {"when": slot.when}
        if alternatives:
            near = "；".join(
                _("%(when)s %(who)s（余 %(left)d）") % {"when": one.when, "who": one.who, "left": one.left}
                for one in alternatives
            )
            super().__init__(taken + _("最近的空号：%(near)s。") % {"near": near})
        else:
            super().__init__(taken + _("这个科室近期没有其他空号。"))
