"""The phone that signs in is one that the managing institution, or staff face to face, said is the person's."""

from datetime import date

import pytest

from yigongti.domains.base.organisation.tests.factories import organisation
from yigongti.domains.base.residents import api
from yigongti.domains.base.residents.contact import phone_of
from yigongti.domains.base.residents.models import Phone
from yigongti.domains.base.residents.tests.factories import id_number, one_person, person, register, send

pytestmark = pytest.mark.django_db
NUMBER = id_number(date(1970, 1, 1), 7)
OWN, OTHER = "13912345670", "13855556666"


def zhang(phone, **rest):
    return person("张三", "1970-01-01", "1", id_number=NUMBER, phone=phone, **rest)


@pytest.fixture
def at():
    return {
        "east_centre": organisation("township_centre", "east").pk,
        "west_centre": organisation("township_centre", "west").pk,
    }


@pytest.fixture
def who(at):
    return register(zhang(OWN, managing_institution_id=at["west_centre"]), source=at["west_centre"])[0]


def signs_in(phone):
    return [card.id for card in api.adults_with_phone(phone)]


def test_a_phone_that_another_institution_names_is_kept_and_signs_nobody_in(at, who):
    assert send(zhang(OTHER), source=at["east_centre"]) == [(who, "known", None)]
    assert Phone.objects.filter(resident_id=who).count() == 2
    assert api.reachable(NUMBER) == api.Reachable(OWN, who)
    assert phone_of(who) == OWN
    assert signs_in(OTHER) == [] and api.reachable(OTHER) is None
    assert signs_in(OWN) == [who]


def test_nor_does_it_when_sent_twice_or_claimed_with_the_resident(at, who):
    for _time in range(2):
        send(zhang(OTHER, managing_institution_id=at["east_centre"]), source=at["east_centre"])
    assert signs_in(OTHER) == []


def test_once_the_managing_institution_names_it_it_signs_in(at, who):
    send(zhang(OTHER), source=at["east_centre"])
    send(zhang(OTHER), source=at["west_centre"])
    assert signs_in(OTHER) == [who]
    assert api.reachable(NUMBER) == api.Reachable(OTHER, who)
    send(zhang("13700000001"), source=at["west_centre"])
    assert signs_in("13700000001") == [who]


def test_a_merge_moves_no_sign_in_either(at, who):
    [(other, _outcome, _why)] = send(
        person("张三丰", "1970-01-01", "1", patient_no="K1", phone=OTHER), source=at["east_centre"]
    )
    assert other != who and signs_in(OTHER) == [other]
    one_person(who, other)
    standing = api.whole(who)
    kept, lost = (OWN, OTHER) if standing == who else (OTHER, OWN)
    assert signs_in(kept) == [standing]
    assert signs_in(lost) == ([standing] if lost == OWN else [])


@pytest.mark.parametrize(
    ("spelled", "form"),
    [("+86 139-1234-5670", "13912345670"), ("(139)12345670", "13912345670"), ("13912345670a", "13912345670A"),
     (" 32058319800101123x", "32058319800101123X"), ("１３９12345670", "13912345670"),
     ("0512-5712 3456", "051257123456")],
)  # fmt: skip
def test_one_form_of_a_number(spelled, form):
    assert api.plain_number(spelled) == form
