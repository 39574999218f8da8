"""A stay in between for something else hides no split admission; two payers may give the same number."""

from dataclasses import replace

import pytest

from tests.claims.county import Here, settled
from tests.claims.test_screens import found, numbers, stay
from yigongti.domains.base.organisation.models import Organisation
from yigongti.domains.base.organisation.tests.factories import organisation

pytestmark = pytest.mark.django_db
FRACTURE = {"main_diagnosis_code": "S72.000", "main_diagnosis": "骨折"}


def test_a_stay_between_for_something_else_hides_nothing(here: Here) -> None:
    settled([stay(1, "03-01", "03-08"), stay(2, "03-09", "03-11", **FRACTURE), stay(3, "03-12", "03-16")], here)
    [one] = found("split_admission")
    assert numbers(one) == ["S1", "S3"] and one.facts["gap"] == 4


def test_only_the_nearest_alike_is_told(here: Here) -> None:
    settled(
        [
            stay(1, "03-01", "03-03"), stay(2, "03-04", "03-06"), stay(3, "03-07", "03-08", **FRACTURE),
            stay(4, "03-09", "03-11"),
        ],
        here,
    )  # fmt: skip
    assert [numbers(one) for one in found("split_admission")] == [["S1", "S2"], ["S2", "S4"]]


def test_two_payers_may_give_the_same_number(here: Here) -> None:
    """Three beds at once, two under one number of different payers: three findings, and again the same three."""
    other = organisation("insurance_body", "second", Organisation.objects.get(pk=here.county), name="省医保局").pk
    settled([stay(1, "03-01", "03-08"), stay(2, "03-03", "03-06", institution_name="某镇卫生院")], here)
    elsewhere = stay(1, "03-02", "03-09", institution_name="某市骨科医院")
    settled([elsewhere], replace(here, bureau=other), name="second.csv")
    first = [(one.pk, one.key) for one in found("overlapping_stay")]
    assert len(first) == 3
    assert [(one.pk, one.key) for one in found("overlapping_stay")] == first
