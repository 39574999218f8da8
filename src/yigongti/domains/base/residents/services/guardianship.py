"""Recording who acts for whom, by a consent seen by staff, and ending it.

Sensitive data need consent of their own (PIPL art. 28–29), below 14 the parents' or guardian's (art. 31); consent can
be taken back at any time, as easily as it was given (art. 15): by the ward of age, by the guardian, or at a desk.
"""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from yigongti.domains.base.residents.columns import fetch
from yigongti.domains.base.residents.concern import of
from yigongti.domains.base.residents.guardians import CONSENTING_FROM, OF_AGE, birthday, is_of_age
from yigongti.domains.base.residents.models import Guardianship, IdentifierKind, Resident
from yigongti.domains.base.residents.names import fold
from yigongti.domains.base.residents.permissions import GUARDIANSHIP
from yigongti.domains.base.residents.selectors import cluster
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor, NotVisible
from yigongti.kernel.audit.api import record
from yigongti.kernel.notices.api import in_the_places_language, notify
from yigongti.kernel.privacy.api import blind_index, mask_name

_WHY = "staff of an institution concerned, or the persons themselves"


class NotPossible(Exception):
    """What was said cannot be recorded. ``str()`` is a sentence for people; ``field`` names what to correct."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


def require_concern(resident_id: int, *, actor: Actor) -> tuple[int, ...]:
    """All entries of a person who concerns an institution of the actor's. Raises Forbidden, NotVisible."""
    actor.require(GUARDIANSHIP)
    entries = cluster(resident_id)
    if not entries:
        raise NotVisible
    if not actor.everything:
        near = of(actor.organisations(GUARDIANSHIP))
        if not Resident.objects.unscoped(_WHY).filter(near, pk__in=entries).exists():
            raise NotVisible
    return entries


def person_with(number: str, name: str, *, actor: Actor) -> int | None:
    """The standing entry of whoever has this document or card number and this very name; None when nobody has both.

    Both are on the papers in front of whoever asks. Raises Forbidden.
    """
    actor.require(GUARDIANSHIP)
    blinds = [blind_index(kind, number) for kind in IdentifierKind if kind is not IdentifierKind.PATIENT]
    rows = fetch(
        "SELECT resident_id FROM residents_identifier WHERE blind = ANY(%s) AND active AND source_id IS NULL", [blinds]
    )
    wanted = fold(name)
    for (entry,) in rows:
        entries = cluster(entry)
        named = Resident.objects.unscoped(_WHY).filter(pk__in=entries, name_key=wanted)
        if wanted and named.exists():
            return entries[0]
    return None


@transaction.atomic
def record_guardianship(
    *,
    guardian_id: int,
    ward_id: int,
    kind: str,
    consent: str,
    consent_no: str = "",
    starts_on: date | None = None,
    ends_on: date | None = None,
    institution_id: int | None = None,
    actor: Actor,
) -> int:
    """Record that one resident acts for another from a day (today) on; gives the id of the relation.

    A child's relation ends at 18 unless it ends before. ``institution_id`` is where it was recorded, the actor's own
    when left out. Raises Forbidden, NotVisible where the ward concerns no institution of the actor's, NotPossible.
    """
    institution_id = institution_id if institution_id is not None else actor.home_organisation_id
    ward_entries = require_concern(ward_id, actor=actor)
    guardian_entries = cluster(guardian_id)
    if not guardian_entries:
        raise NotVisible
    guardian, ward = _locked(guardian_entries[0], ward_entries[0])
    starts_on = starts_on or clock.today()
    ends_on = _checked(guardian, ward, kind, consent, consent_no, starts_on, ends_on)
    overlapping = Guardianship.objects.unscoped(_WHY).filter(guardian_id__in=guardian_entries, ward_id__in=ward_entries)
    if any(
        (one.ends_on is None or one.ends_on > starts_on) and (ends_on is None or one.starts_on < ends_on)
        for one in overlapping
    ):
        raise NotPossible(_("这两个人之间已经有代办关系。如需变更，请先结束原来的。"))
    made = Guardianship.objects.create(
        guardian=guardian,
        ward=ward,
        kind=kind,
        consent=consent,
        consent_no=consent_no.strip(),
        institution_id=institution_id,
        recorded_by_id=actor.id,
        recorded_by_name=actor.name,
        recorded_at=clock.now(),
        starts_on=starts_on,
        ends_on=ends_on,
    )
    _write("residents.record_guardianship", made, actor, consent=consent, consent_no=made.consent_no)
    with in_the_places_language():
        _tell(
            made,
            "recorded",
            to_guardian=_("已登记：您可以代 %(other)s 办理健康事务。"),
            to_ward=_(
                "已登记：%(other)s 可以代您查看档案、预约和咨询。如不是您的意思，请登录居民页面取消，或联系登记机构。"
            ),
        )
    return made.pk


@transaction.atomic
def end_guardianship(guardianship_id: int, *, reason: str, actor: Actor, by_resident_id: int | None = None) -> None:
    """End a relation as of today; one that has not begun never begins.

    Staff of an institution concerned with the ward may, and ``by_resident_id``, the person who signed in: the
    guardian, or the ward of age. Raises Forbidden, NotVisible for anybody else's, NotPossible for one that is over.
    """
    found = Guardianship.objects.unscoped(_WHY).select_for_update().filter(pk=guardianship_id).first()
    if found is None:
        raise NotVisible
    if by_resident_id is not None:
        _require_side(found, by_resident_id, actor)
    else:
        require_concern(found.ward_id, actor=actor)
    today = clock.today()
    if found.ends_on is not None and found.ends_on <= today:
        raise NotPossible(_("这个代办关系已经结束。"))
    found.ends_on = max(today, found.starts_on)
    found.ended_at, found.ended_by_name, found.end_reason = clock.now(), actor.name, reason.strip()[:200]
    found.save(update_fields=["ends_on", "ended_at", "ended_by_name", "end_reason"])
    _write("residents.end_guardianship", found, actor, reason=found.end_reason)
    with in_the_places_language():
        _tell(
            found,
            "ended",
            to_guardian=_("您代 %(other)s 办理健康事务的关系已结束。"),
            to_ward=_("%(other)s 不再能代您查看档案、预约和咨询。"),
        )


def _require_side(found: Guardianship, resident_id: int, actor: Actor) -> None:
    entries = cluster(resident_id)
    if not entries or entries[0] not in actor.residents:
        raise NotVisible
    if found.guardian_id in entries:
        return
    ward = Resident.objects.unscoped(_WHY).get(pk=entries[0])
    if found.ward_id not in entries or not is_of_age(ward.birth_date):
        raise NotVisible


def _locked(guardian_id: int, ward_id: int) -> tuple[Resident, Resident]:
    """Both rows, locked in the order of their ids, so that two desks can't record the same twice."""
    ids = sorted({guardian_id, ward_id})
    rows = {
        row.pk: row for row in Resident.objects.unscoped(_WHY).select_for_update().filter(pk__in=ids).order_by("pk")
    }
    return rows[guardian_id], rows[ward_id]


def _checked(
    guardian: Resident,
    ward: Resident,
    kind: str,
    consent: str,
    consent_no: str,
    starts_on: date,
    ends_on: date | None,
) -> date | None:
    """The end, once all that was said makes sense. Raises NotPossible."""
    if guardian.pk == ward.pk:
        raise NotPossible(_("代办人和被代办人是同一个人。"), "number")
    if guardian.deceased_on or ward.deceased_on:
        raise NotPossible(_("其中一人已登记死亡。"))
    if not is_of_age(guardian.birth_date):
        raise NotPossible(_("代办人须年满 18 周岁，且出生日期已登记。"), "number")
    if kind not in Guardianship.Kind.values or consent not in Guardianship.Consent.values:
        raise ValueError((kind, consent))
    if consent != Guardianship.Consent.IN_PERSON and not consent_no.strip():
        raise NotPossible(_("请填写同意书或证明的编号。"), "consent_no")
    if starts_on > birthday(clock.today(), 1):
        raise NotPossible(_("开始日期太远。"), "starts_on")
    if kind == Guardianship.Kind.CHILD:
        ends_on = _child_until(ward, consent, ends_on)
    else:
        if not is_of_age(ward.birth_date):
            raise NotPossible(_("被代办人未满 18 周岁，类别请选“未成年人”。"), "kind")
        if consent == Guardianship.Consent.BIRTH_RECORD:
            raise NotPossible(_("成年人须本人同意，不能用出生证明或户口簿代替。"), "consent")
    if ends_on is not None and ends_on <= max(starts_on, clock.today()):
        raise NotPossible(_("结束日期要在今天和开始日期之后。"), "ends_on")
    return ends_on


def _child_until(ward: Resident, consent: str, ends_on: date | None) -> date:
    if ward.birth_date is None:
        raise NotPossible(_("这位未成年人的出生日期没有登记，请先补登。"), "kind")
    if is_of_age(ward.birth_date):
        raise NotPossible(_("被代办人已满 18 周岁，须本人同意，类别请另选。"), "kind")
    if consent == Guardianship.Consent.BIRTH_RECORD and is_of_age(ward.birth_date, years=CONSENTING_FROM):
        raise NotPossible(_("年满 14 周岁的未成年人还须本人同意，请选“当面同意”或“书面同意书”。"), "consent")
    of_age_on = birthday(ward.birth_date, OF_AGE)
    return min(ends_on or of_age_on, of_age_on)


def _tell(about: Guardianship, event: str, *, to_guardian: str, to_ward: str) -> None:
    """Both are told; a child is not, whose guardian is. ``%(other)s`` is the other's masked name."""
    key = f"residents.guardianship:{about.pk}:{event}"
    guardian, ward = about.guardian, about.ward
    notify(key, title=to_guardian % {"other": mask_name(ward.name)}, resident_id=guardian.pk)
    if is_of_age(ward.birth_date):
        notify(key, title=to_ward % {"other": mask_name(guardian.name)}, resident_id=ward.pk)


def _write(act: str, about: Guardianship, actor: Actor, **detail: str) -> None:
    """A line for each of the two, so that both see it among those who looked at or changed something of theirs."""
    for resident_id in (about.ward_id, about.guardian_id):
        record(
            actor=actor,
            act=act,
            subject=f"guardianship:{about.pk}",
            resident_id=resident_id,
            organisation_id=about.institution_id,
            detail={"kind": about.kind, **{key: said for key, said in detail.items() if said}},
        )
