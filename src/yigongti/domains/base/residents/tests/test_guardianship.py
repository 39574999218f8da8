"""Who acts for whom: recorded by a consent, for exactly its days, ended by whom it concerns."""

from datetime import date, datetime

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from tests.support.people import person as staff

from yigongti.domains.base.organisation.tests.factories import organisation
from yigongti.domains.base.residents import api
from yigongti.domains.base.residents.barcode import make_barcode
from yigongti.domains.base.residents.guardians import birthday, guardians, is_of_age, ward_ids, wards
from yigongti.domains.base.residents.models import Guardianship
from yigongti.domains.base.residents.services.deciding import undo
from yigongti.domains.base.residents.services.guardianship import (
    NotPossible,
    end_guardianship,
    person_with,
    record_guardianship,
)
from yigongti.domains.base.residents.tests.factories import MACHINE, id_number, one_person, person, register
from yigongti.kernel import clock
from yigongti.kernel.access.api import Forbidden, NotVisible, Role, resident_actor
from yigongti.kernel.audit.models import Line
from yigongti.kernel.notices.api import of_resident

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=clock.ZONE)


@pytest.fixture(autouse=True)
def _now():
    with clock.fixed(NOW):
        yield


@pytest.fixture
def centre():
    return organisation("township_health_centre", "centre").pk


@pytest.fixture
def family(centre):
    """A mother, her child of 17, her father of 80 and a neighbour, all managed by the centre."""

    def one(name, born, serial, sex):
        row = person(name, born, sex, id_number=id_number(date.fromisoformat(born), serial), phone="13812345678")
        [made] = register({**row, "managing_institution_id": centre})
        return made

    return {
        "mother": one("王秀英", "1980-05-17", 2, "2"),
        "child": one("李小明", "2008-11-23", 1, "1"),
        "father": one("王建国", "1946-03-01", 3, "1"),
        "neighbour": one("赵大力", "1975-01-01", 5, "1"),
    }


def at(centre, role=Role.VILLAGE_DOCTOR):
    return staff(role, centre)


def child_of(family, centre, **said):
    return record_guardianship(
        **{
            "guardian_id": family["mother"], "ward_id": family["child"], "kind": "child", "consent": "in_person",
            "actor": at(centre), **said,
        }
    )  # fmt: skip


def elder_of(family, centre, **said):
    return child_of(family, centre, **{"ward_id": family["father"], "kind": "elder", **said})


@pytest.mark.parametrize("role", list(Role))
def test_who_may_record_one(family, centre, role):
    if role in {Role.VILLAGE_DOCTOR, Role.DOCTOR, Role.COORDINATOR, Role.DATA_OFFICER}:
        assert child_of(family, centre, actor=at(centre, role))
    else:
        with pytest.raises(Forbidden):
            child_of(family, centre, actor=at(centre, role))


def test_another_institution_sees_nobody(family):
    elsewhere = organisation("township_health_centre", "elsewhere").pk
    with pytest.raises(NotVisible):
        child_of(family, elsewhere)
    assert not Guardianship.objects.unscoped("test").exists()


def test_a_child_is_acted_for_until_the_day_before_it_is_of_age(family, centre):
    child_of(family, centre)
    mother = family["mother"]
    assert [w.person.id for w in wards(mother)] == [family["child"]]
    assert wards(mother)[0].ends_on == date(2026, 11, 23)
    assert ward_ids((mother,)) == {family["child"]}
    assert ward_ids((mother,), date(2026, 11, 23)) == frozenset() == frozenset(wards(mother, date(2026, 11, 23)))


def test_a_birth_date_put_right_later_counts(family, centre):
    from yigongti.domains.base.residents.models import Resident

    child_of(family, centre)
    Resident.objects.unscoped("test").filter(pk=family["child"]).update(birth_date=date(2008, 11, 22))
    assert ward_ids((family["mother"],)) == frozenset()


@pytest.mark.parametrize(
    ("born", "years", "on"),
    [
        (date(2008, 2, 29), 18, date(2026, 3, 1)),
        (date(2008, 2, 29), 20, date(2028, 2, 29)),
        (date(2008, 11, 22), 18, date(2026, 11, 22)),
    ],
)
def test_reaching_an_age(born, years, on):
    assert birthday(born, years) == on
    assert is_of_age(born, on, years=years)
    assert not is_of_age(born, date.fromordinal(on.toordinal() - 1), years=years)
    assert not is_of_age(None, on)


def test_exactly_the_days_of_the_consent(family, centre):
    elder_of(family, centre, starts_on=date(2026, 12, 1), ends_on=date(2027, 1, 1))
    mother, father = family["mother"], family["father"]
    days = {date(2026, 11, 30): False, date(2026, 12, 1): True, date(2026, 12, 31): True, date(2027, 1, 1): False}
    for day, holds in days.items():
        assert (father in ward_ids((mother,), day)) is holds
        assert bool(wards(mother, day)) is holds
        assert bool(guardians(father, day)) is holds


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"guardian_id": "child", "ward_id": "father", "kind": "elder"}, "number"),  # a minor acts for nobody
        ({"guardian_id": "father", "ward_id": "father", "kind": "elder"}, "number"),
        ({"ward_id": "father"}, "kind"),  # of age: not a child
        ({"kind": "elder"}, "kind"),  # a child: not an elder
        ({"consent": "paper"}, "consent_no"),
        ({"consent": "birth_record", "consent_no": "M1"}, "consent"),  # 14 and over consents itself, PIPL art. 31
        ({"ward_id": "father", "kind": "elder", "consent": "birth_record", "consent_no": "M1"}, "consent"),
        ({"ward_id": "father", "kind": "elder", "ends_on": date(2026, 11, 22)}, "ends_on"),
    ],
)
def test_what_makes_no_sense_is_refused(family, centre, said, field):
    said = {key: family.get(value, value) if key.endswith("_id") else value for key, value in said.items()}
    with pytest.raises(NotPossible) as refused:
        child_of(family, centre, **said)
    assert refused.value.field == field
    assert not Guardianship.objects.unscoped("test").exists()


def test_twice_at_a_time_is_refused_by_the_service_and_by_the_database(family, centre):
    made = elder_of(family, centre)
    with pytest.raises(NotPossible):
        elder_of(family, centre)
    row = Guardianship.objects.unscoped("test").get(pk=made)
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_the_dead_act_for_nobody(family, centre):
    from yigongti.domains.base.residents.models import Resident

    elder_of(family, centre)
    Resident.objects.unscoped("test").filter(pk=family["father"]).update(deceased_on=date(2026, 11, 20))
    assert ward_ids((family["mother"],)) == frozenset() == frozenset(wards(family["mother"]))


def test_merged_persons_are_one(family, centre):
    elder_of(family, centre)
    [again] = register({**person("王梅", "1971-02-03", "2", patient_no="P9"), "managing_institution_id": centre})
    merge = one_person(again, family["mother"])
    assert [w.person.id for w in wards(again)] == [w.person.id for w in wards(family["mother"])] == [family["father"]]
    [other] = register({**person("王老汉", "1940-06-07", "1", patient_no="P8"), "managing_institution_id": centre})
    one_person(other, family["father"])
    standing = api.whole(family["father"])
    assert [w.person.id for w in wards(family["mother"])] == [standing]
    assert ward_ids(api.cluster(family["mother"])) == {standing}
    with pytest.raises(NotPossible):
        elder_of(family, centre, guardian_id=again, ward_id=other)
    undo(merge if isinstance(merge, int) else merge.pk, reason="test", actor=MACHINE)
    assert [w.person.id for w in wards(family["mother"])] == [standing]
    assert wards(again) == []


class TestEnding:
    def test_at_a_desk(self, family, centre):
        made = elder_of(family, centre)
        end_guardianship(made, reason="本人要求", actor=at(centre, Role.COORDINATOR))
        assert ward_ids((family["mother"],)) == frozenset()
        with pytest.raises(NotPossible):
            end_guardianship(made, reason="再来", actor=at(centre))

    @pytest.mark.parametrize(("who", "may"), [("mother", True), ("father", True), ("neighbour", False)])
    def test_by_the_persons_themselves(self, family, centre, who, may):
        made = elder_of(family, centre)
        actor = resident_actor("某人（居民本人）", {family[who]})
        if may:
            end_guardianship(made, reason="", actor=actor, by_resident_id=family[who])
            assert ward_ids((family["mother"],)) == frozenset()
        else:
            with pytest.raises(NotVisible):
                end_guardianship(made, reason="", actor=actor, by_resident_id=family[who])

    def test_not_by_a_child_nor_by_one_guardian_in_the_child_s_name(self, family, centre):
        made = child_of(family, centre)
        child_of(family, centre, guardian_id=family["neighbour"])
        both = resident_actor("赵大力（居民本人）", {family["neighbour"], family["child"]})
        for who in ("child", "neighbour"):
            with pytest.raises(NotVisible):
                end_guardianship(made, reason="", actor=both, by_resident_id=family[who])

    def test_nobody_is_claimed_to_be_who_is_not_signed_in(self, family, centre):
        made = elder_of(family, centre)
        with pytest.raises(NotVisible):
            end_guardianship(
                made, reason="", actor=resident_actor("赵大力（居民本人）", {family["neighbour"]}),
                by_resident_id=family["mother"],
            )  # fmt: skip

    def test_before_it_begins_it_never_does(self, family, centre):
        made = elder_of(family, centre, starts_on=date(2026, 12, 1))
        end_guardianship(made, reason="取消", actor=at(centre))
        assert ward_ids((family["mother"],), date(2026, 12, 1)) == frozenset()


def test_both_are_told_and_find_it_among_the_looks(family, centre):
    made = elder_of(family, centre)
    assert len(of_resident([family["mother"]])) == len(of_resident([family["father"]])) == 1
    end_guardianship(made, reason="不需要了", actor=at(centre))
    lines = Line.objects.filter(subject=f"guardianship:{made}")
    assert {(line.act, line.resident_id) for line in lines} == {
        (act, family[who])
        for act in ("residents.record_guardianship", "residents.end_guardianship")
        for who in ("mother", "father")
    }
    assert "王" not in str([line.detail for line in lines])


def test_the_history_of_the_row_is_kept(family, centre):
    from yigongti.domains.base.residents import models

    made = elder_of(family, centre)
    end_guardianship(made, reason="不需要了", actor=at(centre))
    kept = Guardianship.pgh_event_model.objects.filter(pgh_obj_id=made).order_by("pgh_id")  # type: ignore[attr-defined]
    assert [row.ends_on for row in kept] == [None, date(2026, 11, 22)]
    assert models.Guardianship is Guardianship


def test_named_by_number_and_name_together(family, centre):
    number = id_number(date(1980, 5, 17), 2)
    assert person_with(number.lower(), "王秀英", actor=at(centre)) == family["mother"]
    assert person_with(number, "王秀兰", actor=at(centre)) is None
    assert person_with("320583198005170000", "王秀英", actor=at(centre)) is None


def test_a_resident_shows_the_code_of_those_he_acts_for_only(family):
    actor = resident_actor("王秀英（居民本人）", {family["mother"]})
    token, until = make_barcode(family["mother"], actor=actor)
    assert token and until > NOW
    with pytest.raises(NotVisible):
        make_barcode(family["father"], actor=actor)


class TestPages:
    @pytest.fixture
    def desk(self, client, centre):
        from yigongti.kernel.access.models import Account, Grant

        account = Account.objects.create(
            username="desk", name="周秀兰", home_organisation_id=centre, must_change_password=False, created_at=NOW,
            password_changed_at=NOW,
        )  # fmt: skip
        Grant.objects.create(
            account=account, role=Role.COORDINATOR, organisation_id=centre, starts_on=date(2000, 1, 1), granted_at=NOW
        )
        client.force_login(account)
        return client

    def test_recording_and_ending(self, desk, family):
        ward = family["father"]
        page = reverse("residents:new_guardianship", args=[ward])
        said = {"name": "王秀英", "number": "320583198005170000", "kind": "elder", "consent": "in_person"}
        refused = desk.post(page, said)
        assert refused.status_code == 422 and "没有找到姓名和号码都相符的居民" in refused.content.decode()
        done = desk.post(page, {**said, "number": id_number(date(1980, 5, 17), 2)}, follow=True)
        assert "王*英" in done.content.decode() and "有效" in done.content.decode()
        assert ward in ward_ids((family["mother"],))
        made = Guardianship.objects.unscoped("test").get().pk
        end = reverse("residents:end_guardianship", args=[ward, made])
        assert desk.get(end).status_code == 200
        assert desk.post(end, {"reason": ""}).status_code == 422
        assert "已结束" in desk.post(end, {"reason": "本人要求"}, follow=True).content.decode()

    def test_somebody_else_s_resident_does_not_exist(self, desk, family):
        [stranger] = register(person("钱多多", "1990-01-01", "1", patient_no="X1"))
        for name in ("guardianship", "new_guardianship"):
            assert desk.get(reverse(f"residents:{name}", args=[stranger])).status_code == 404
