"""Who is who, decided by people: merges that undo exactly, decisions that no batch overturns."""

from datetime import date

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yigongti.domains.base.organisation.tests.factories import organisation
from yigongti.domains.base.residents.models import Decision, Merge, Resident, Review
from yigongti.domains.base.residents.permissions import MERGE
from yigongti.domains.base.residents.selectors import cluster, whole
from yigongti.domains.base.residents.services import deciding
from yigongti.domains.base.residents.services.deciding import NotPossible, decide, merge, undo
from yigongti.domains.base.residents.tests.factories import MACHINE, id_number, person, register, send
from yigongti.kernel.access.api import Actor, Forbidden, NotVisible, UnscopedQuery

pytestmark = pytest.mark.django_db

BORN = date(1980, 5, 17)


def state():
    rows = Resident.objects.unscoped("test").order_by("pk").values()
    return [{k: v for k, v in row.items() if k != "address"} for row in rows]


def several(count):
    return register(*(person(f"王{'甲乙丙丁戊己庚辛'[k]}", date(1950 + k, 1, 2 + k), "1") for k in range(count)))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pairs=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda p: p[0] != p[1]), max_size=8),
    order=st.randoms(use_true_random=False),
)
def test_merges_undone_in_any_order_restore_exactly(pairs, order):
    with transaction.atomic():
        _merge_and_undo(pairs, order)
        transaction.set_rollback(True)


def _merge_and_undo(pairs, order):
    """Of six people, two are managed by each of two institutions and two by nobody."""
    ids = several(6)
    places = [organisation("hospital", "h").pk, organisation("village_clinic", "c").pk, None]
    managers = dict(zip(ids, places * 2, strict=True))
    for pk, place in managers.items():
        Resident.objects.unscoped("test").filter(pk=pk).update(managing_institution_id=place)
    before = state()
    made, groups = [], {i: {i} for i in ids}
    for one, other in pairs:
        try:
            made.append(merge(ids[one], ids[other], reason="test", actor=MACHINE).pk)
        except NotPossible:
            assert ids[other] in groups[ids[one]]  # they were one person already
            continue
        joined = groups[ids[one]] | groups[ids[other]]
        groups.update(dict.fromkeys(joined, joined))
        for i in ids:
            assert set(cluster(i)) == groups[i]
            managed = any(managers[k] for k in groups[i])
            assert whole(i) in groups[i] and bool(managers[whole(i)]) is managed
    order.shuffle(made)
    for pk in made:
        undo(pk, reason="test", actor=MACHINE)
    assert state() == before
    assert not Decision.objects.filter(verdict=Decision.Verdict.SAME, superseded_at=None).exists()
    assert not Review.objects.exists()


def test_a_merge_changes_one_pointer():
    one, other = several(2)
    before = state()
    made = merge(one, other, reason="同一身份证", actor=MACHINE)
    changed = [(b, a) for b, a in zip(before, state(), strict=True) if b != a]
    assert len(changed) == 1
    old, new = changed[0]
    assert {k for k in old if old[k] != new[k]} == {"merged_into_id"} and new["id"] == made.absorbed_id


def test_not_the_same_is_never_overturned_by_joining_others():
    a, b, c = several(3)
    decide(a, b, "not_same", reason="问过本人", actor=MACHINE)
    merge(b, c, reason="", actor=MACHINE)
    with pytest.raises(NotPossible):
        merge(a, c, reason="", actor=MACHINE)
    assert whole(a) == a
    decide(a, b, "same", reason="弄错了", actor=MACHINE)  # a person may change it
    assert set(cluster(c)) == {a, b, c}


def test_the_batch_respects_what_people_decided():
    hospital, clinic = organisation("hospital", "h").pk, organisation("village_clinic", "c").pk
    [one] = register(
        person("张伟国", BORN, "1", patient_no="P1", id_number=id_number(BORN, 121), phone="13812345678"),
        source=hospital,
    )
    alike = person("张伟果", BORN, "1", patient_no="K1")
    [(other, outcome, _)] = send(alike, source=clinic)
    assert outcome == "review"
    decide(other, one, "not_same", reason="堂兄弟", actor=MACHINE)
    for _ in range(2):
        assert send(alike, source=clinic) == [(other, "known", None)]
    assert Review.objects.get().state == "not_same"
    # Decided the other way, later rows of either source lead to one person.
    made = decide(other, one, "same", reason="核对过户口簿", actor=MACHINE)
    assert made.kept_id == one  # the one with the identity card stands
    assert send(alike, source=clinic) == [(one, "known", None)]
    undo(made.pk, reason="还是弄错了", actor=MACHINE)
    assert send(alike, source=clinic) == [(other, "known", None)]


def test_what_cannot_be_decided():
    one, other = several(2)
    made = merge(one, other, reason="", actor=MACHINE)
    with pytest.raises(NotPossible):
        decide(one, other, "not_same", reason="", actor=MACHINE)
    undo(made.pk, reason="", actor=MACHINE)
    with pytest.raises(NotPossible):
        undo(made.pk, reason="", actor=MACHINE)
    with pytest.raises(NotVisible):
        decide(one, 10**9, "same", reason="", actor=MACHINE)
    with pytest.raises(NotPossible):
        decide(one, one, "same", reason="", actor=MACHINE)


def test_only_who_may_decides():
    one, other = several(2)
    nobody = Actor(id=1, name="nobody")
    with pytest.raises(Forbidden):
        decide(one, other, "same", reason="", actor=nobody)
    made = merge(one, other, reason="", actor=MACHINE)
    with pytest.raises(Forbidden):
        undo(made.pk, reason="", actor=nobody)
    assert Merge.objects.get().undone_at is None


def test_a_query_without_a_reader_is_refused():
    several(1)
    for ask in (list, lambda q: q.count(), lambda q: q.exists(), lambda q: q.first(), lambda q: q.update(name="x")):
        with pytest.raises(UnscopedQuery):
            ask(Resident.objects.all())
    assert not Resident.objects.visible_to(Actor(id=1, name="nobody"), MERGE).exists()


def test_closing_a_question_of_details():
    [(one, _, _)] = send(person("张伟国", "1980-05-18", "1", id_number=id_number(BORN, 121)))
    review = Review.objects.get(resident_id=one)
    deciding.close_details(review.pk, actor=MACHINE)
    assert Review.objects.get().state == "checked"
