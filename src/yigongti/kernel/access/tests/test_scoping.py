"""An unscoped query raises, whatever way it is evaluated; a scoped one returns exactly the rows in scope."""

from datetime import date, datetime

import pytest
from django.db.models import Count, Exists, OuterRef
from tests.support.loans import LEND, Loan, opened
from tests.support.people import person

from yigongti.kernel import clock
from yigongti.kernel.access.actors import Actor, GrantView, register_organisation_tree, system_actor
from yigongti.kernel.access.api import UnscopedQuery
from yigongti.kernel.access.roles import Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("loan_table")]


@pytest.fixture
def loans():
    for owner, borrower in [(1, 2), (3, 4), (2, 3)]:
        opened(owner, borrower)


@pytest.mark.parametrize(
    "evaluate",
    [
        list,
        len,
        bool,
        lambda q: q.count(),
        lambda q: q.exists(),
        lambda q: q.first(),
        lambda q: q.get(pk=1),
        lambda q: q.filter(pk=1).last(),
        lambda q: list(q.values_list("pk")),
        lambda q: list(q.iterator()),
        lambda q: q.aggregate(Count("pk")),
        lambda q: list(q.values("state").annotate(n=Count("pk"))),
        lambda q: q.update(thing="y"),
        lambda q: q.delete(),
        lambda q: q.in_bulk([1]),
        lambda q: list(q.union(q)),
        lambda q: list(Loan.objects.unscoped("outer").filter(pk__in=q)),
        lambda q: list(Loan.objects.unscoped("outer").filter(Exists(q.filter(pk=OuterRef("pk"))))),
        lambda q: q.select_for_update().first(),
        lambda q: list(q.order_by("pk")[:1]),
        lambda q: q.contains(Loan(pk=1)),
    ],
)
def test_an_unscoped_query_raises(loans, evaluate):
    with pytest.raises(UnscopedQuery):
        evaluate(Loan.objects.all())


def test_scope_is_both_sides_of_a_case(loans):
    seen = {o: Loan.objects.visible_to(person("doctor", o), LEND).count() for o in (1, 2, 3, 4, 5)}
    assert seen == {1: 1, 2: 2, 3: 2, 4: 1, 5: 0}


def test_the_wrong_role_sees_nothing(loans):
    assert not Loan.objects.visible_to(person("auditor", 1), LEND).exists()
    assert not Loan.objects.visible_to(person(None, 1), LEND).exists()


def test_further_filters_stay_in_scope(loans):
    mine = Loan.objects.visible_to(person("doctor", 1), LEND)
    assert mine.filter(owner_id=3).count() == 0
    assert {loan.owner_id for loan in mine} == {1}


def test_the_system_sees_all(loans):
    assert Loan.objects.visible_to(system_actor("test"), LEND).count() == 3


def test_unscoped_wants_a_reason(loans):
    with pytest.raises(ValueError):
        Loan.objects.unscoped("")
    assert Loan.objects.unscoped("a test").count() == 3


def test_a_grant_holds_from_its_first_day_up_to_its_last(loans):
    grant = GrantView(Role.DOCTOR, 1, date(2025, 3, 1), date(2025, 4, 1))
    seen = {}
    for day in (date(2025, 2, 28), date(2025, 3, 1), date(2025, 3, 31), date(2025, 4, 1)):
        with clock.fixed(datetime(day.year, day.month, day.day, 12, tzinfo=clock.ZONE)):
            actor = Actor(id=1, name="x", grants=(grant,))
            seen[day.isoformat()] = (
                actor.may(LEND),
                actor.may(LEND, 1),
                Loan.objects.visible_to(actor, LEND).count(),
            )
    assert seen == {
        "2025-02-28": (False, False, 0),
        "2025-03-01": (True, True, 1),
        "2025-03-31": (True, True, 1),
        "2025-04-01": (False, False, 0),
    }


def test_a_grant_reaches_what_is_under_its_organisation(loans):
    from yigongti.kernel.access import actors

    before = actors._tree
    register_organisation_tree(lambda organisation_id, on: frozenset({1, 3}) if organisation_id == 100 else frozenset())
    try:
        over = person("doctor", 100)
        assert Loan.objects.visible_to(over, LEND).count() == 3
        assert over.may(LEND, 3) and not over.may(LEND, 2)
    finally:
        register_organisation_tree(before)
