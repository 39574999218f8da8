"""While people decide whether two entries are one person, rows that carry the numbers of both are not refused."""

import pytest

from yigongti.domains.base.organisation.tests.factories import organisation
from yigongti.domains.base.residents.models import Review
from yigongti.domains.base.residents.tests.factories import id_number, person, register, send
from yigongti.domains.base.residents.tests.test_resolve import BORN

pytestmark = pytest.mark.django_db
NUMBER = id_number(BORN, 121)


def test_a_row_with_the_numbers_of_two_entries_under_review_goes_to_the_senders_own():
    hospital, clinic = organisation("hospital", "hospital").pk, organisation("village_clinic", "clinic").pk
    [known] = register(person("张伟国", BORN, "1", patient_no="C1", id_number=NUMBER), source=clinic)
    row = person("陈小红", BORN, "1", patient_no="P1", id_number=NUMBER)
    [(entry, outcome, _why)] = send(row, source=hospital)
    assert outcome == "review"
    assert Review.objects.filter(resident_id=entry, candidate_id=known, state="open").exists()
    assert send(row, source=hospital) == [(entry, "known", None)]


def test_without_a_question_the_numbers_of_two_people_are_refused():
    hospital, clinic = organisation("hospital", "hospital").pk, organisation("village_clinic", "clinic").pk
    register(person("张伟国", BORN, "1", patient_no="C1", id_number=NUMBER), source=clinic)
    register(person("李芳", "1990-01-02", "2", patient_no="P1"), source=hospital)
    row = person("李芳", "1990-01-02", "2", patient_no="P1", id_number=NUMBER)
    [(_who, outcome, reason)] = send(row, source=hospital)
    assert (outcome, reason) == ("refused", "numbers_disagree")
