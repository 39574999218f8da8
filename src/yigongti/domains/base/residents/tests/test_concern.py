"""Whose resident somebody is: who may compare, merge and hand over, and what a file can claim."""

from datetime import date

import pytest
from django.urls import reverse

from yigongti.domains.base.organisation.tests.factories import organisation
from yigongti.domains.base.residents import questions
from yigongti.domains.base.residents.models import Merge, Resident, Review
from yigongti.domains.base.residents.services import storing
from yigongti.domains.base.residents.services.deciding import NotPossible, decide, merge, undo
from yigongti.domains.base.residents.services.handover import answer
from yigongti.domains.base.residents.tests.factories import MACHINE, id_number, person, register, send
from yigongti.kernel import clock
from yigongti.kernel.access.api import NotVisible, Role
from yigongti.kernel.access.models import Account, Grant
from yigongti.kernel.access.selectors import actor_of
from yigongti.kernel.audit.models import Line
from yigongti.kernel.privacy.api import mask_name

pytestmark = pytest.mark.django_db

BORN = date(1980, 5, 17)


@pytest.fixture
def east():
    return organisation("lead_hospital", "east").pk


@pytest.fixture
def west():
    return organisation("township_health_centre", "west").pk


@pytest.fixture
def account(db):
    def at(*places):
        said = {"name": "数据员", "home_organisation_id": places[0], "must_change_password": False}
        now = {"created_at": clock.now(), "password_changed_at": clock.now()}
        made, fresh = Account.objects.get_or_create(username=f"clerk-{places}", defaults={**said, **now})
        if not fresh:
            return made
        for place in places:
            Grant.objects.create(
                account=made, role=Role.DATA_OFFICER, organisation_id=place, starts_on=date(2000, 1, 1),
                granted_at=clock.now(),
            )  # fmt: skip
        return made

    return at


@pytest.fixture
def clerk(account):
    return lambda *places: actor_of(account(*places))


def two(east, west):
    [one] = register(person("张伟国", BORN, "1", patient_no="E1", address="东街 1 号"), source=east)
    [other] = register(person("李建军", date(1950, 1, 2), "1", patient_no="W1", address="西街 2 号"), source=west)
    return one, other


def test_strangers_are_not_compared_with_and_not_merged(east, west, clerk):
    one, other = two(east, west)
    nowhere = clerk(organisation("township_health_centre", "north").pk)
    with pytest.raises(NotVisible):
        decide(one, other, "same", reason="x", actor=nowhere)
    for place in (east, west):
        with pytest.raises(NotPossible):
            decide(one, other, "same", reason="x", actor=clerk(place))
    assert not Merge.objects.exists()
    both = clerk(east, west)
    made = merge(one, other, reason="曾用名", actor=both)
    with pytest.raises(NotVisible):
        undo(made.pk, reason="x", actor=nowhere)
    undo(made.pk, reason="弄错了", actor=clerk(west))  # one side is theirs


def test_another_institutions_entry_is_masked_on_the_page(east, west, account, client):
    one, other = two(east, west)
    client.force_login(account(east))
    page = client.get(reverse("residents:compare", args=[one, other])).content.decode()
    assert "张伟国" in page and "东街 1 号" in page
    assert "李建军" not in page and "西街 2 号" not in page and mask_name("李建军") in page
    assert 'name="verdict"' not in page
    client.force_login(account(organisation("township_health_centre", "north").pk))
    assert client.get(reverse("residents:compare", args=[one, other])).status_code == 404


def test_a_pair_the_matcher_asked_about_is_decided_by_either(east, west, clerk, account, client):
    register(
        person("张伟国", BORN, "1", patient_no="E1", id_number=id_number(BORN, 121), phone="13812345678"), source=east
    )
    [(other, outcome, _)] = send(person("张伟果", BORN, "1", patient_no="W1"), source=west)
    assert outcome == "review"
    review = Review.objects.get()
    client.force_login(account(west))
    assert "张伟国" in client.get(reverse("residents:review", args=[review.pk])).content.decode()
    decide(other, review.candidate_id, "not_same", reason="堂兄弟", actor=clerk(west))


def test_what_one_side_decided_is_overturned_by_both_only(east, west, clerk, account, client):
    one, other = asked_about(east, west)
    for place in (east, west):  # somebody must be able to decide, so the one asked sees both
        client.force_login(account(place))
        assert "西街 2 号" in client.get(reverse("residents:compare", args=[one, other])).content.decode()
    decide(other, one, "not_same", reason="堂兄弟", actor=clerk(west))
    with pytest.raises(NotPossible):
        decide(other, one, "same", reason="是一个人", actor=clerk(east))
    assert not Merge.objects.exists()
    client.force_login(account(east))
    assert "西街 2 号" not in client.get(reverse("residents:compare", args=[one, other])).content.decode()
    decide(other, one, "same", reason="问过本人", actor=clerk(east, west))
    assert Merge.objects.exists()


def test_a_question_about_another_entry_overturns_nothing(east, west, clerk):
    one, other = asked_about(east, west)
    decide(other, one, "not_same", reason="堂兄弟", actor=clerk(west))
    [third] = register(person("王五", date(1990, 9, 9), "1", patient_no="E9"), source=east)
    merge(one, third, reason="曾用名", actor=clerk(east))
    Review.objects.create(resident_id=third, candidate_id=other, opened_at=clock.now(), source_id=east)
    with pytest.raises(NotPossible):
        decide(other, one, "same", reason="是一个人", actor=clerk(east))


@pytest.mark.parametrize("theirs", [{}, {"id_number": id_number(BORN, 121)}])
def test_deciding_alone_gains_nobody(east, west, clerk, theirs):
    """East sends West's resident anew, even with a number West hasn't, and says alone that the two are one."""
    [known] = register(
        person("张伟国", BORN, "1", patient_no="W1", phone="13812345678", managing_institution_id=west), source=west
    )
    row = person("张伟果", BORN, "1", patient_no="E1", managing_institution_id=east, **theirs)
    [(claimed, outcome, _)] = send(row, source=east)
    assert outcome == "review"
    made = decide(claimed, known, "same", reason="x", actor=clerk(east))
    assert (made.kept_id, made.absorbed_id) == (known, claimed)
    asked = Review.objects.get(question="manager")
    assert (asked.resident_id, asked.institution_id, asked.state) == (known, east, "open")
    assert asked in questions.reviews(clerk(west)) and asked not in questions.reviews(clerk(east))
    undo(made.pk, reason="x", actor=clerk(west))
    assert not Review.objects.filter(question="manager").exists()


def test_who_manages_somebody_stands_for_them_before_who_manages_nobody(east, west):
    [known] = register(person("张伟国", BORN, "1", patient_no="W1", id_number=id_number(BORN, 121)), source=west)
    [claimed] = register(person("李建军", BORN, "1", patient_no="E1", managing_institution_id=east), source=east)
    assert merge(known, claimed, reason="曾用名", actor=MACHINE).kept_id == claimed
    assert not Review.objects.filter(question="manager").exists()


def test_who_waited_while_the_other_side_answered_does_not_overturn_the_answer(east, west, clerk, monkeypatch):
    register(person("张伟国", BORN, "1", patient_no="E1", id_number=id_number(BORN, 121)), source=east)
    [(other, outcome, _)] = send(person("张伟果", BORN, "1", patient_no="W1"), source=west)
    assert outcome == "review"
    one, queue, first = Review.objects.get().candidate_id, storing.queue, [clerk(west)]

    def answered_meanwhile():
        if first:
            decide(one, other, "not_same", reason="堂兄弟", actor=first.pop())
        queue()

    monkeypatch.setattr(storing, "queue", answered_meanwhile)
    with pytest.raises(NotPossible):
        decide(one, other, "same", reason="是一个人", actor=clerk(east))
    assert not Merge.objects.exists()


def test_merges_are_listed_to_those_concerned(east, west, account, client):
    one, other = two(east, west)
    made = merge(one, other, reason="曾用名", actor=MACHINE)
    names = {"张伟国", "李建军"}
    nowhere = organisation("township_health_centre", "north").pk
    for place, status, whole in ((east, 200, {"张伟国"}), (west, 200, {"李建军"}), (nowhere, 404, set())):
        client.force_login(account(place))
        page = client.get(reverse("residents:undo", args=[made.pk]))
        assert page.status_code == status
        listed = client.get(reverse("residents:merges")).content.decode()
        for text in (listed, page.content.decode()):
            assert {name for name in names if name in text} == whole
        assert all(mask_name(name) in listed for name in names - whole) is (status == 200)
    for act in ("residents.list_merges", "residents.view_merge"):
        assert [line.resident_ids for line in Line.objects.filter(act=act)] == [sorted((one, other))] * 2


def test_questions_are_listed_with_the_other_side_masked(east, west, account, client):
    one, other = asked_about(east, west)
    client.force_login(account(west))
    page = client.get(reverse("residents:reviews")).content.decode()
    assert "张伟果" in page and "张伟国" not in page and mask_name("张伟国") in page
    assert Line.objects.get(act="residents.list_reviews").resident_ids == sorted((one, other))


def test_who_asks_about_details_of_anothers_resident_sees_them_masked_and_is_in_the_trail(east, west, account, client):
    number = id_number(BORN, 121)
    [who] = register(person("张伟国", BORN, "1", patient_no="E1", id_number=number, address="东街 1 号"), source=east)
    assert send(person("张伟国", "1980-05-18", "1", id_number=number), source=west)[0][:2] == (who, "review")
    client.force_login(account(west))
    page = client.get(reverse("residents:review", args=[Review.objects.get().pk])).content.decode()
    assert "出生日期与身份证号码不一致" in page and mask_name("张伟国") in page
    assert "张伟国" not in page and "东街 1 号" not in page
    assert Line.objects.get(act="residents.compare").resident_id == who


def asked_about(east, west):
    """East's known resident and West's entry that could be the same."""
    [one] = register(
        person("张伟国", BORN, "1", patient_no="E1", id_number=id_number(BORN, 121), phone="13812345678"), source=east
    )
    [(other, outcome, _)] = send(person("张伟果", BORN, "1", patient_no="W1", address="西街 2 号"), source=west)
    assert outcome == "review"
    return one, other


def managed(pk):
    return Resident.objects.unscoped("test").get(pk=pk).managing_institution_id


def claim(source, institution, **more):
    return send(
        person("张伟国", BORN, "1", id_number=id_number(BORN, 121), managing_institution_id=institution, **more),
        source=source,
    )


def test_a_file_claims_who_is_nobodys_but_asks_for_who_is_anothers(east, west, clerk):
    [(who, _, _)] = claim(east, None)
    assert managed(who) is None
    assert claim(east, east)[0][1] == "known" and managed(who) == east
    assert claim(west, west, address="西街 2 号") == [(who, "review", "managed_elsewhere")]
    assert managed(who) == east
    assert Resident.objects.unscoped("test").get(pk=who).address == "西街 2 号"  # the rest of the row is taken
    review = Review.objects.get()
    assert (review.question, review.state, review.institution_id) == ("manager", "open", west)
    claim(west, west)
    assert Review.objects.count() == 1
    with pytest.raises(NotVisible):
        answer(review.pk, hand_over=True, reason="我们要", actor=clerk(west))  # who claims doesn't answer
    answer(review.pk, hand_over=True, reason="已迁居", actor=clerk(east))
    assert managed(who) == west
    assert Line.objects.filter(act="residents.hand_over", resident_id=who).count() == 1
    with pytest.raises(NotVisible):
        answer(review.pk, hand_over=False, reason="反悔", actor=clerk(east))
    # The new manager gives the resident back by its own file; a later claim asks anew.
    claim(west, east)
    assert managed(who) == east
    claim(west, west)
    assert Review.objects.get().state == "open" and managed(who) == east


def test_a_no_stands(east, west, account, client):
    [(who, _, _)] = claim(east, east)
    claim(west, west)
    client.force_login(account(east))
    page = client.get(reverse("residents:review", args=[Review.objects.get().pk]))
    assert page.status_code == 200 and "是否移交管理" in page.content.decode()
    assert Line.objects.filter(act="residents.compare", resident_id=who).count() == 1
    unclear = client.post(reverse("residents:review", args=[Review.objects.get().pk]), {"reason": "仍住本村"})
    assert unclear.status_code == 422 and Review.objects.get().state == "open"
    said = {"reason": "仍住本村", "verdict": "keep"}
    assert client.post(reverse("residents:review", args=[Review.objects.get().pk]), said).status_code == 302
    claim(west, west)
    assert Review.objects.get().state == "kept" and managed(who) == east


def test_a_no_binds_only_who_said_it(east, west, clerk):
    north = organisation("township_health_centre", "north").pk
    claim(east, east)
    claim(west, west)
    claim(north, north)
    by_west, by_north = (Review.objects.get(institution_id=place) for place in (west, north))
    answer(by_west.pk, hand_over=False, reason="仍住本村", actor=clerk(east))
    answer(by_north.pk, hand_over=True, reason="已迁居", actor=clerk(east))
    claim(west, west)
    by_west.refresh_from_db()
    assert (by_west.state, by_west.answered_for_id) == ("open", None)
    answer(by_west.pk, hand_over=False, reason="仍住本村", actor=clerk(north))
    claim(west, west)
    by_west.refresh_from_db()
    assert (by_west.state, by_west.answered_for_id) == ("kept", north)


def test_handing_over_a_merged_person_leaves_the_old_manager_nothing(east, west, clerk):
    [(who, _, _)] = claim(east, east)
    [(more, _, _)] = send(person("李建军", BORN, "1", patient_no="E2", managing_institution_id=east), source=east)
    [(other, _, _)] = send(person("王五", BORN, "1", patient_no="W2", managing_institution_id=west), source=west)
    for one in (more, other):
        merge(who, one, reason="曾用名", actor=MACHINE)
    Review.objects.all().delete()
    north = organisation("township_health_centre", "north").pk
    claim(north, north)
    answer(Review.objects.get().pk, hand_over=True, reason="已迁居", actor=clerk(east))
    assert [managed(pk) for pk in (who, more, other)] == [north, north, west]


def test_a_superior_moves_residents_among_its_own(east, west, monkeypatch):
    from yigongti.domains.base.organisation import api

    below = {east: {east, west}, west: {west}}
    monkeypatch.setattr(api, "under", lambda pk, on: frozenset(below[pk]))
    [(who, _, _)] = claim(west, west)
    assert claim(east, east)[0][1] == "known"
    assert managed(who) == east
