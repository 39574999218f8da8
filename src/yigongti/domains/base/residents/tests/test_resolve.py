"""Whole frames against the index: known, linked, created, asked, refused."""

from datetime import date

import pytest

from yigongti.domains.base.organisation.tests.factories import organisation
from yigongti.domains.base.residents.models import Identifier, Phone, Resident, Review
from yigongti.domains.base.residents.selectors import card, cluster, household, identity, whole
from yigongti.domains.base.residents.services.deciding import merge
from yigongti.domains.base.residents.services.resolving import resolve
from yigongti.domains.base.residents.tests.factories import MACHINE, frame, id_number, person, register, send
from yigongti.kernel.privacy.api import mask_id_number

pytestmark = pytest.mark.django_db

BORN = date(1980, 5, 17)
NUMBER = id_number(BORN, 121)


@pytest.fixture
def hospital():
    return organisation("hospital", "hospital").pk


@pytest.fixture
def clinic():
    return organisation("village_clinic", "clinic").pk


def everybody():
    return Resident.objects.unscoped("test")


def zhang(**more):
    return person("张伟国", BORN, "1", **more)


def test_the_same_rows_twice_change_nothing(hospital):
    rows = [
        zhang(patient_no="P1", id_number=NUMBER, phone="13812345678"),
        person("李芳", "1990-01-02", "2", patient_no="P2"),
    ]
    first = send(*rows, source=hospital)
    assert [o for _, o, _ in first] == ["created", "created"]
    before = (everybody().count(), Identifier.objects.count(), Phone.objects.count())
    second = send(*rows, source=hospital)
    assert [(r, "known", None) for r, _, _ in first] == second
    assert (everybody().count(), Identifier.objects.count(), Phone.objects.count()) == before == (2, 3, 1)


def test_rows_of_one_person_in_one_frame_are_one_person(hospital):
    rows = [
        zhang(patient_no="P1", id_number=NUMBER),
        zhang(patient_no="P1", id_number=NUMBER),
        zhang(patient_no="P7", id_number=NUMBER.lower()),  # a second patient number of the same man
        zhang(patient_no="P8", phone="13812345678", address="玉山镇一村3号"),
        person("张伟国", "1980-05-17", "1", patient_no="P9", phone="13812345678"),
    ]
    found = send(*rows, source=hospital)
    assert len({r for r, _, _ in found[:3]}) == 1
    assert found[3][0] == found[4][0]
    assert [o for _, o, _ in found[:3]] == ["created", "created", "known"]


def test_patient_numbers_hold_per_source(hospital, clinic):
    [one] = register(zhang(patient_no="1"), source=hospital)
    [two] = register(person("王丽", "1955-03-04", "2", patient_no="1"), source=clinic)
    assert send(person(patient_no="1"), source=hospital) == [(one, "known", None)]
    assert send(person(patient_no="1"), source=clinic) == [(two, "known", None)]


def test_an_identity_number_links_across_sources_and_the_new_patient_number_is_kept(hospital, clinic):
    [one] = register(zhang(patient_no="P1", id_number=NUMBER), source=hospital)
    assert send(zhang(patient_no="K9", id_number=NUMBER), source=clinic) == [(one, "known", None)]
    assert send(person(patient_no="K9"), source=clinic) == [(one, "known", None)]


def test_name_date_and_phone_link_without_a_number(hospital, clinic):
    [one] = register(zhang(patient_no="P1", id_number=NUMBER, phone="138-1234-5678"), source=hospital)
    assert send(zhang(patient_no="K1", phone="+8613812345678"), source=clinic) == [(one, "linked", None)]


def test_a_possible_match_is_kept_apart_and_asked(hospital, clinic):
    [one] = register(zhang(patient_no="P1", id_number=NUMBER, phone="13812345678"), source=hospital)
    [(other, outcome, reason)] = send(person("张伟果", BORN, "1", patient_no="K1"), source=clinic)
    assert other != one and (outcome, reason) == ("review", "possibly_known")
    review = Review.objects.get()
    assert (review.resident_id, review.candidate_id, review.state) == (other, one, "open")
    assert "name_homophone" in review.reasons
    # Sent again, it is known by its patient number and asks nothing twice.
    assert send(person("张伟果", BORN, "1", patient_no="K1"), source=clinic) == [(other, "known", None)]
    assert Review.objects.count() == 1


def test_a_created_entry_is_told_from_a_question_about_somebody_known(hospital, clinic):
    def told(row, source):
        found = resolve(frame(row), source_id=source, actor=MACHINE)
        return found.select("outcome", "created", "changed").row(0)

    assert told(zhang(patient_no="P1", id_number=NUMBER), hospital) == ("created", True, True)
    assert told(person("张伟果", BORN, "1", patient_no="K1"), clinic) == ("review", True, True)
    wrong = person("张伟国", "1980-05-18", "1", id_number=NUMBER)
    assert told({**wrong, "address": "玉山镇一村3号"}, hospital) == ("review", False, True)
    assert told({**wrong, "address": "玉山镇一村3号"}, hospital) == ("review", False, False)


def test_a_second_identity_card_is_refused_whichever_entry_has_the_first(hospital, clinic):
    [one] = register(zhang(patient_no="P1", managing_institution_id=clinic), source=hospital)
    [other] = register(person("李建军", BORN, "1", patient_no="K1", id_number=NUMBER), source=clinic)
    merge(one, other, reason="曾用名", actor=MACHINE)
    assert whole(other) == one and card(one).id_number == mask_id_number(NUMBER)
    assert identity(cluster(one)).card.id_number == mask_id_number(NUMBER)
    assert send(zhang(patient_no="P1", id_number=id_number(BORN, 199)), source=hospital) == [
        (None, "refused", "numbers_disagree")
    ]


def test_a_borrowed_card_is_not_believed(hospital):
    [one] = register(zhang(patient_no="P1", id_number=NUMBER), source=hospital)
    [(other, outcome, reason)] = send(person("陈小红", BORN, "1", patient_no="P2", id_number=NUMBER), source=hospital)
    assert other != one and (outcome, reason) == ("review", "possibly_known")
    assert Identifier.objects.get(kind="01").resident_id == one


def test_a_phone_of_very_many_says_nothing(hospital):
    desk = {"phone": "13800138000"}
    register(*(person(f"{'王李张刘陈'[k % 5]}{'甲乙丙丁戊己庚'[k % 7]}", date(1950 + k, 1 + k % 12, 3), "1",
                      patient_no=f"D{k}", **desk) for k in range(30)), source=hospital)  # fmt: skip
    [(_, outcome, _)] = send(person("王贾", date(1950, 1, 3), "1", patient_no="X", **desk), source=hospital)
    assert outcome != "linked"  # 甲 and 贾 sound alike: with a phone of their own they would be one person


def test_twins_of_one_household_stay_two(hospital):
    mother = {"phone": "13900001111", "address": "玉山镇一村3号"}
    born = date(2015, 6, 1)
    one, two = register(
        person("张佳怡", born, "2", patient_no="1", id_number=id_number(born, 222), **mother),
        person("张佳悦", born, "2", patient_no="2", id_number=id_number(born, 224), **mother),
        source=hospital,
    )
    assert one != two
    [(third, outcome, _)] = send(person("张佳仪", born, "2", patient_no="3", **mother), source=hospital)
    assert outcome == "review" and third not in (one, two)  # 怡 and 仪 sound alike: a person must look


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (zhang(id_number=NUMBER[:-1] + ("1" if NUMBER[-1] != "1" else "2")), "id_check"),
        (zhang(id_number=NUMBER[:-1]), "id_length"),
        (zhang(id_number="110105491231002"), "id_length"),
        (zhang(id_number="32058319801332121X"), "id_birth_date"),
        (person(None, BORN, "1"), "no_identity"),
        (person(patient_no="P404"), "unknown_patient"),
    ],
)
def test_refusals(row, reason, hospital):
    assert send(row, source=hospital) == [(None, "refused", reason)]
    assert everybody().count() == 0


def test_numbers_of_two_persons_in_one_row_are_refused(hospital):
    other = id_number(date(1955, 3, 4), 242)
    wang = person("王丽", "1955-03-04", "2", patient_no="P2", id_number=other)
    register(zhang(patient_no="P1", id_number=NUMBER), wang, source=hospital)
    assert send(zhang(patient_no="P2", id_number=NUMBER), source=hospital) == [(None, "refused", "numbers_disagree")]
    third = id_number(BORN, 199)
    assert send(zhang(patient_no="P1", id_number=third), source=hospital) == [(None, "refused", "numbers_disagree")]


def test_a_patient_number_given_to_another_person_is_refused(hospital):
    register(zhang(patient_no="P1"), source=hospital)
    assert send(person("陈小红", "1999-09-09", "2", patient_no="P1"), source=hospital) == [
        (None, "refused", "patient_of_another")
    ]


def test_a_date_that_contradicts_the_number_is_stored_by_the_number_and_asked(hospital):
    [(one, outcome, reason)] = send(
        person("张伟国", "1980-05-18", "2", patient_no="P1", id_number=NUMBER), source=hospital
    )
    assert (outcome, reason) == ("review", "birth_date_differs")
    resident = everybody().get(pk=one)
    assert (resident.birth_date, resident.sex) == (BORN, "1")
    review = Review.objects.get()
    assert (review.question, review.reasons) == ("details", ["birth_date_differs", "sex_differs"])
    send(person("张伟国", "1980-05-18", "2", patient_no="P1", id_number=NUMBER), source=hospital)
    assert Review.objects.count() == 1


def test_other_documents_have_no_check_and_do_not_contradict_an_identity_card(hospital):
    [one] = register(zhang(patient_no="P1", id_type="03", id_number="E12345678"), source=hospital)
    assert send(zhang(patient_no="P1", id_number=NUMBER), source=hospital) == [(one, "known", None)]
    assert set(Identifier.objects.filter(resident=one).values_list("kind", flat=True)) == {"03", "01", "patient"}


def test_what_is_new_is_added_and_what_is_known_is_not_overwritten(hospital):
    [one] = register(zhang(patient_no="P1"), source=hospital)
    send(person("张伟国", "1981-05-17", "2", patient_no="P1", phone="13812345678", address="玉山镇一村3号",
                insurance_kind="02", managing_institution_id=hospital, card_no="Y001"), source=hospital)  # fmt: skip
    resident = everybody().get(pk=one)
    assert (resident.birth_date, resident.sex) == (BORN, "1")
    assert resident.address == "玉山镇一村3号"
    assert (resident.insurance_kind, resident.managing_institution_id) == ("02", hospital)
    assert resident.phones.get().value == "13812345678"
    send(zhang(patient_no="P1", address="玉山镇二村9号"), source=hospital)
    assert everybody().get(pk=one).address == "玉山镇二村9号"


def test_households_follow_the_latest_record(hospital, clinic):
    def member(no, household, relation=None):
        return person(f"王{'甲乙丙'[no]}", date(1980 + no, 1, 1), "1", patient_no=f"P{no}", household_no=household,
                      relation_to_head=relation)  # fmt: skip

    one, two, three = register(member(0, "H1", "户主"), member(1, "H1", "长子"), member(2, "H2"), source=hospital)
    assert [(mate.card.id, mate.relation) for mate in household(one)] == [(two, "长子")]
    assert [outcome for _, outcome, _ in send(member(0, "H1", "户主"), member(1, "H2"), source=hospital)] == [
        "known"
    ] * 2
    assert household(one) == [] and [mate.card.id for mate in household(three)] == [two]
    # The same number of another sender is another household.
    send(member(0, "H2"), source=clinic)
    assert [mate.card.id for mate in household(three)] == [two]


def test_who_was_unknown_gets_a_name_later(hospital):
    [one] = register(person("无名氏", None, "1", patient_no="P1"), source=hospital)
    assert send(zhang(patient_no="P1", id_number=NUMBER), source=hospital) == [(one, "known", None)]
    resident = everybody().get(pk=one)
    assert resident.name == "张伟国" and resident.birth_date == BORN


def test_two_unknown_persons_are_two(hospital):
    one, two = register(
        person("无名氏", None, "1", patient_no="P1"), person("无名氏", None, "1", patient_no="P2"), source=hospital
    )
    assert one != two


def test_order_and_row_numbers_are_kept(hospital):
    rows = [zhang(patient_no=f"P{k % 3}", id_number=NUMBER) for k in range(9)]
    found = resolve(frame(*rows), source_id=hospital, actor=MACHINE)
    assert found["row_no"].to_list() == list(range(2, 11))
    assert found["resident_id"].n_unique() == 1
    assert resolve(frame(), source_id=hospital, actor=MACHINE).is_empty()


@pytest.mark.parametrize("name", ['王"小"明', "王,小明", "王\\小明", "{王}小明", "王;小\t明", 'O\'Brien, "Pat" \\N'])
def test_a_name_is_stored_as_it_was_sent(hospital, name):
    row = person(name, BORN, "1", patient_no='P"1,\\.', id_number=NUMBER, address='南街 "5" 号, \\ 东')
    [(resident_id, outcome, _)] = send(row, source=hospital)
    assert outcome == "created"
    one = everybody().get(pk=resident_id)
    assert (one.name, one.address) == (name, '南街 "5" 号, \\ 东')
    assert one.name_grams and one.insurance_kind == "" and one.managing_institution_id is None
    assert Identifier.objects.get(resident_id=resident_id, kind="patient").value == 'P"1,\\.'
    assert send(row, source=hospital) == [(resident_id, "known", None)]
