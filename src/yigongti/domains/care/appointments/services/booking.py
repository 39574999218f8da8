"""Booking a place, giving it back, changing it. Many at once want the last one; exactly one gets it.

A slot that is full is refused by one plain read. Else, in one transaction: the person's lock (so that limits hold for
two bookings at once), one conditional UPDATE that takes the place or doesn't, and the case with its history and trail.
"""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation import api as organisation
from yigongti.domains.base.residents import api as residents
from yigongti.domains.care.appointments import hot, limits, nearest, policy, release
from yigongti.domains.care.appointments.events import AppointmentBooked
from yigongti.domains.care.appointments.formulas import EARLY
from yigongti.domains.care.appointments.lake import mark_changed
from yigongti.domains.care.appointments.models import Appointment, Priority, SessionState, Slot
from yigongti.domains.care.appointments.permissions import BOOK
from yigongti.domains.care.appointments.refusals import BookingRefused, SlotTaken
from yigongti.domains.care.appointments.release import Place, Rights
from yigongti.domains.care.appointments.services.effects import changing
from yigongti.domains.care.appointments.services.whom import require_known
from yigongti.domains.care.appointments.texts import plain
from yigongti.domains.care.appointments.views import (
    WITH_SLOT,
    AppointmentView,
    appointment_view,
    appointment_views,
    slot_views,
)
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible
from yigongti.kernel.events import emit
from yigongti.kernel.workflow.api import StepRefused, again_after_deadlock, may_take, open_case, take_step

_OVERLAP = "appointments_one_place_at_a_time"


def book(
    slot_id: int,
    *,
    resident_id: int,
    actor: Actor,
    booked_by_id: int | None = None,
    referral_id: int | None = None,
    note: str = "",
    present: bool = False,
) -> AppointmentView:
    """Book a place for a resident. See ``api.book``.

    ``present``: the person's own barcode was scanned a moment ago.
    """
    slot = _asked_for(slot_id, actor, resident_id)
    _refuse_full(slot, Rights())
    booked_by_id = _side(actor, slot, booked_by_id, referral_id)
    sides = organisation.get_many({slot.session.institution_id, booked_by_id or slot.session.institution_id})
    to = Place(slot.session.institution_id) if referral_id is not None else None
    rights = release.rights_of(actor, booked_by_id, referral=to, known=sides)
    entries = _person(resident_id)
    if not present and referral_id is None:
        require_known(entries, slot.session.institution_id, actor)
    case = _book(slot, entries, actor, booked_by_id, referral_id, note, rights)
    slot.booked += 1
    return appointment_view(case, {pk: side.label for pk, side in sides.items()})


def change(appointment_id: int, slot_id: int, *, actor: Actor) -> AppointmentView:
    """Give one place back and take another in one step; both bookings know of each other. See ``api.change``."""
    old = visible(appointment_id, actor)
    slot = _asked_for(slot_id, actor, old.resident_id)
    if slot.pk == old.slot_id and old.state == "booked":
        raise BookingRefused(_("这就是原来的时间。"))
    if old.referral_id is not None and not _place(old).has(slot):
        raise BookingRefused(
            _("这是转诊的预约，只能改到同一机构同一科室的其他时间。要去别处，请取消后另行预约，不再按转诊优先。")
        )
    rights = rights_to_change(old, actor)

    def move() -> Appointment:
        with transaction.atomic():
            limits.lock(old.resident_id)
            held = _locked(old.pk)
            list(Slot.objects.select_for_update().filter(pk__in=(held.slot_id, slot.pk)).order_by("pk"))
            _give_up(held, actor)
            return _book(
                slot, _person(held.resident_id), actor, held.booked_by_id, held.referral_id, held.note, rights,
                replaces=held,
            )  # fmt: skip

    try:
        # the referral of a booking is locked before it by the referral's own steps, after it here
        case = again_after_deadlock(move)
    except StepRefused as refused:
        raise BookingRefused(str(refused)) from refused
    except IntegrityError as error:
        if "replaces" in str(error):
            raise BookingRefused(_("这个预约已经改约过了。")) from error
        raise
    return _as_booked(case)


def cancel(appointment_id: int, *, actor: Actor, reason: str = "") -> AppointmentView:
    """Give a place back. See ``api.cancel``."""
    case = visible(appointment_id, actor)
    try:
        done = take_step(case, _way_out(case, actor), actor=actor, answers={"reason": plain(reason)})
    except StepRefused as refused:
        raise BookingRefused(str(refused)) from refused
    return appointment_views([_with_slot(done.pk)])[0]


def visible(appointment_id: int, actor: Actor) -> Appointment:
    """A booking of the actor's institutions, or of one he acts for. Raises NotVisible."""
    from yigongti.domains.care.appointments.selectors import visible_bookings

    case: Appointment | None = visible_bookings(actor).filter(pk=appointment_id).first()
    if case is None:
        raise NotVisible
    return case


def _asked_for(slot_id: int, actor: Actor, resident_id: int) -> Slot:
    """The slot, for somebody who may book at all."""
    if actor.is_resident:
        if resident_id not in actor.residents:
            raise NotVisible
    else:
        actor.require(BOOK)
    slot = hot.read_slot(slot_id)
    if slot is None:
        raise NotVisible
    return slot


def _side(actor: Actor, slot: Slot, booked_by_id: int | None, referral_id: int | None) -> int | None:
    """On whose behalf it is booked; who receives a referral may book for whoever referred. Raises Forbidden."""
    if actor.is_resident:
        return None
    side = booked_by_id if booked_by_id is not None else actor.home_organisation_id
    if actor.everything:
        return side
    if side is None or not (referral_id is not None and actor.may(BOOK, slot.session.institution_id)):
        actor.require(BOOK, side if side is not None else 0)
    return side


def _person(resident_id: int) -> tuple[int, ...]:
    """All entries that are one person, the standing one first. Raises NotVisible."""
    entries = residents.cluster(resident_id)
    if not entries:
        raise NotVisible
    return entries


def _book(
    slot: Slot,
    entries: tuple[int, ...],
    actor: Actor,
    booked_by_id: int | None,
    referral_id: int | None,
    note: str,
    rights: Rights,
    *,
    replaces: Appointment | None = None,
) -> Appointment:
    now = clock.now()
    _refuse_closed(slot, rights)
    session = slot.session
    person = residents.standing(entries[0])
    if person is not None and person.deceased_on is not None:
        raise BookingRefused(_("这位居民已登记死亡，不能预约。"))
    early = slot.pool == EARLY and now < slot.public_from and rights.family_doctor
    if replaces is not None and replaces.early and slot.pool == EARLY:
        early = now < slot.public_from
    # Whoever signed with a family doctor is seen first (Kunshan 二（四）1). Until contracts are kept here, that is whom
    # their own community centre or village clinic books.
    own = rights.family_doctor and person is not None and person.managing_institution_id == booked_by_id
    priority = (
        Priority.REFERRED
        if referral_id is not None
        else Priority.FAMILY_DOCTOR
        if early or own or (replaces is not None and _keeps_priority(replaces, slot))
        else Priority.ORDINARY
    )
    case = Appointment(
        slot=slot,
        resident_id=entries[0],
        booked_for_id=entries[0],
        institution_id=session.institution_id,
        department=session.schedule.department,
        day=session.day,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        booked_by_id=booked_by_id,
        referral_id=referral_id,
        priority=priority,
        early=early,
        replaces=replaces,
        note=plain(note),
        due_at=slot.ends_at + timedelta(minutes=policy.GRACE_MINUTES.at().value),
    )
    wanted = limits.Wanted(
        case.institution_id, case.department, case.day, case.starts_at, case.ends_at, referral_id is not None,
        instead=replaces is not None and replaces.state == "stopped",
    )  # fmt: skip
    try:
        with transaction.atomic():
            limits.lock(entries[0])
            limits.check(entries, wanted, actor)
            mark_changed([case.day])
            # The slot comes last but for the trail, as it does when a place is given back: it is what all wait for.
            open_case(case, actor=actor, effect=lambda: _take(slot.pk))
            emit(AppointmentBooked(case.pk, case.resident_id, case.referral_id, case.replaces_id))
    except _Gone:
        now_there = hot.read_slot(slot.pk)
        if now_there is None or not now_there.is_open:
            raise BookingRefused(_("这个门诊已停诊，请选择其他时间。")) from None
        view = slot_views([now_there])[0]
        raise SlotTaken(view, nearest.free(view, rights)) from None
    except IntegrityError as error:
        if _OVERLAP in str(error):
            raise BookingRefused(_("这个时间已有另一个预约，不能同时约两个号。")) from error
        raise
    return case


class _Gone(Exception):
    """Somebody else was faster."""


def _take(slot_id: int) -> None:
    if not hot.take(slot_id):
        raise _Gone


def _refuse_full(slot: Slot, rights: Rights) -> None:
    """Raises BookingRefused where there is nothing to book any more, whoever asks."""
    if not slot.is_open or slot.session.state != SessionState.PUBLISHED:
        raise BookingRefused(_("这个门诊已停诊，请选择其他时间。"))
    if slot.starts_at <= clock.now():
        raise BookingRefused(_("这个时间已经开始就诊，不能再预约。"))
    if slot.booked >= slot.quota:
        view = slot_views([slot])[0]
        raise SlotTaken(view, nearest.free(view, rights))


def _refuse_closed(slot: Slot, rights: Rights) -> None:
    """Raises BookingRefused where the place is not open to these rights yet."""
    _refuse_full(slot, rights)
    if not release.bookable_now(slot, rights, clock.now()):
        opens = f"{slot.public_from.astimezone(clock.ZONE):%Y-%m-%d %H:%M}"
        words_of = {
            "open": _("这个号 %(opens)s 起可以预约。"),
            "early": _("这个号先向家庭医生开放，%(opens)s 起所有人可以预约。"),
            "green": _("这个号留给转诊病人，%(opens)s 起所有人可以预约。"),
        }
        raise BookingRefused(words_of[slot.pool] % {"opens": opens})


def rights_to_change(old: Appointment, actor: Actor) -> Rights:
    """What somebody may take instead of a booking: in its department no less than what it was taken from."""
    here = _place(old)
    rights = release.rights_of(actor, _changer(old, actor), referral=here if old.referral_id is not None else None)
    return Rights(rights.family_doctor, rights.referral, held_early=here if old.early else None)


def _place(case: Appointment) -> Place:
    """Where a booking is, as its department is called now."""
    return Place(case.institution_id, case.slot.session.schedule.department)


def _keeps_priority(old: Appointment, slot: Slot) -> bool:
    """A family doctor's booking goes first wherever it is moved to within its department."""
    return old.priority == Priority.FAMILY_DOCTOR and _place(old).has(slot)


def _changer(old: Appointment, actor: Actor) -> int | None:
    """The institution whose rights count when a booking is changed: that which booked, if the actor speaks for it."""
    for side in (old.booked_by_id, old.institution_id):
        if side is not None and actor.may(BOOK, side):
            return side
    return None


def _locked(pk: int) -> Appointment:
    found: Appointment = (
        Appointment.objects.unscoped("the booking was visible")
        .select_related(*WITH_SLOT)
        .select_for_update(of=("self",))
        .get(pk=pk)
    )
    return found


def _give_up(old: Appointment, actor: Actor) -> None:
    """Free the old place; one whose clinic was stopped has none any more. Raises StepRefused, BookingRefused."""
    if old.state == "stopped":
        if not (_may_act(old, actor)):
            raise BookingRefused(_("这个预约不由您改约。"))
        if Appointment.objects.unscoped("whether it was changed before").filter(replaces=old).exists():
            raise BookingRefused(_("这个预约已经改约过了。"))
        return
    with changing():
        take_step(old, _way_out(old, actor), actor=actor, answers={"reason": _("改约")})


def _may_act(case: Appointment, actor: Actor) -> bool:
    """Whether the actor is one of the sides of a booking."""
    return any(may_take(case, case.workflow.step(name), actor) for name in ("cancel", "cancel_as_booker"))


def _way_out(case: Appointment, actor: Actor) -> str:
    """The step by which the actor gives the place back: as the clinic or the resident, or as who booked."""
    as_booker = case.workflow.step("cancel_as_booker")
    clinic = may_take(case, case.workflow.step("cancel"), actor)
    return "cancel_as_booker" if not clinic and may_take(case, as_booker, actor) else "cancel"


def _with_slot(pk: int) -> Appointment:
    found: Appointment = Appointment.objects.unscoped("the booking was visible").select_related(*WITH_SLOT).get(pk=pk)
    return found


def _as_booked(case: Appointment) -> AppointmentView:
    ids = {case.institution_id} | ({case.booked_by_id} if case.booked_by_id is not None else set())
    case.slot.booked += 1
    return appointment_view(case, organisation.names(ids))
