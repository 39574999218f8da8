"""The dated tree: what it refuses, what it answers, and that random moves never break it."""

import threading
from datetime import date, datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from tests.support.people import person

from yigongti.domains.base.organisation import api
from yigongti.domains.base.organisation.models import (
    ALLOWED_PARENTS,
    Kind,
    Leadership,
    Membership,
    Organisation,
    Tier,
    TierPeriod,
)
from yigongti.domains.base.organisation.selectors import path_ids, under
from yigongti.domains.base.organisation.services import tree
from yigongti.domains.base.organisation.services.tree import OrganisationRefused
from yigongti.domains.base.organisation.tests.factories import (
    PLACE,
    SET_UP,
    county_with_two_areas,
    organisation,
)
from yigongti.kernel import clock
from yigongti.kernel.access.api import Forbidden

DAY = date(2025, 1, 1)


def move(child, parent, on):
    with tree.writing(SET_UP, "tests"):
        return tree.put_under(child.pk, parent.pk, on=on)


def parents(child):
    return [
        (m.parent.key, m.starts_on, m.ends_on) for m in child.memberships.select_related("parent").order_by("starts_on")
    ]


@pytest.mark.django_db
class TestMoves:
    def test_a_move_ends_one_membership_and_starts_another(self):
        made = county_with_two_areas()
        move(made["east_centre"], made["west"], date(2026, 3, 1))
        assert parents(made["east_centre"]) == [
            ("east", tree.BEFORE_RECORDS, date(2026, 3, 1)),
            ("west", date(2026, 3, 1), None),
        ]
        east, west, clinic = made["east"].pk, made["west"].pk, made["east_clinic"].pk
        assert clinic in under(east, date(2026, 2, 28)) and clinic not in under(west, date(2026, 2, 28))
        assert clinic in under(west, date(2026, 3, 1)) and clinic not in under(east, date(2026, 3, 1))

    def test_an_earlier_move_leaves_the_planned_one_in_force(self):
        made = county_with_two_areas()
        centre = made["east_centre"]
        move(centre, made["west"], date(2026, 3, 1))
        move(centre, made["consortium"], date(2026, 1, 1))
        assert [p[:2] for p in parents(centre)] == [
            ("east", tree.BEFORE_RECORDS),
            ("consortium", date(2026, 1, 1)),
            ("west", date(2026, 3, 1)),
        ]

    def test_moving_where_it_stands_changes_nothing(self):
        made = county_with_two_areas()
        before = parents(made["east_centre"])
        assert move(made["east_centre"], made["east"], DAY) is False
        assert parents(made["east_centre"]) == before

    def test_taken_out_it_stands_nowhere(self):
        made = county_with_two_areas()
        with tree.writing(SET_UP, "tests"):
            assert tree.take_out(made["outsider"].pk, on=DAY)
            assert not tree.take_out(made["outsider"].pk, on=DAY)
        assert path_ids(made["outsider"].pk, DAY) == (made["outsider"].pk,)

    @pytest.mark.parametrize(
        ("child", "parent"),
        [
            ("east_ward", "county"),  # no department above or beside an institution
            ("east_hospital", "east_ward"),
            ("east", "county"),  # an area belongs to a consortium
            ("consortium", "east"),
            ("county", "consortium"),
            ("east_hospital", "west_hospital"),
            ("east_hospital", "east_clinic"),
        ],
    )
    def test_not_under_that_kind(self, child, parent):
        made = county_with_two_areas()
        before = parents(made[child])
        with pytest.raises(OrganisationRefused, match="不能设在"):
            move(made[child], made[parent], DAY)
        assert parents(made[child]) == before

    def test_not_into_another_place(self):
        made = county_with_two_areas()
        elsewhere = organisation("county", "elsewhere", place="otherland")
        with pytest.raises(OrganisationRefused):
            move(made["outsider"], elsewhere, DAY)

    def test_no_ring_even_where_only_a_few_days_overlap(self):
        made = county_with_two_areas()
        ward = made["east_ward"]
        a = organisation("department", "a", ward)
        b = organisation("department", "b", ward)
        move(b, a, date(2025, 6, 1))
        move(b, ward, date(2025, 6, 3))  # b stands under a on two days only
        with pytest.raises(OrganisationRefused, match="自己的下级"):
            move(a, b, date(2025, 5, 1))
        move(a, b, date(2025, 6, 3))
        assert path_ids(a.pk, date(2025, 6, 3))[-2:] == (b.pk, a.pk)

    def test_the_database_itself_refuses_two_parents_at_once(self):
        made = county_with_two_areas()
        with pytest.raises(OrganisationRefused, match="一个上级"), tree.writing(SET_UP, "tests"):
            Membership.objects.create(organisation=made["east_centre"], parent=made["west"], starts_on=DAY)

    def test_only_who_may_edit_on_both_sides(self):
        made = county_with_two_areas()
        officer = person("guidance_officer", made["county"].pk)
        tree.move(made["east_clinic"].pk, made["east"].pk, on=DAY, actor=officer)
        for actor in (
            person("director", made["county"].pk),
            person("system_admin", made["west"].pk),
            person("doctor", made["east"].pk),
        ):
            with pytest.raises(Forbidden):
                tree.move(made["east_clinic"].pk, made["east_centre"].pk, on=DAY, actor=actor)

    def test_institutions_change_areas_only_by_a_case(self):
        made = county_with_two_areas()
        officer = person("guidance_officer", made["county"].pk)
        for child, parent in [("east_centre", "west"), ("outsider", "east"), ("east_centre", "county")]:
            with pytest.raises(OrganisationRefused, match="流程"):
                tree.move(made[child].pk, made[parent].pk, on=DAY, actor=officer)
        tree.move(made["east_centre"].pk, made["east_hospital"].pk, on=DAY, actor=officer)  # the same area
        assert made["east_clinic"].pk in under(made["east_hospital"].pk, DAY)

    def test_a_new_institution_begins_outside_the_consortium(self):
        made = county_with_two_areas()
        officer = person("guidance_officer", made["county"].pk)
        new = {"actor": officer, "place": PLACE, "key": "new", "name": "新院", "starts_on": DAY}
        with pytest.raises(OrganisationRefused, match="加入流程"):
            tree.enter(kind="hospital", parent_id=made["east"].pk, **new)
        row = tree.enter(kind="hospital", parent_id=made["county"].pk, **new)
        assert path_ids(row.pk, DAY) == (made["county"].pk, row.pk)

    def test_closed_it_stands_nowhere_and_opened_again_where_it_stood(self):
        made = county_with_two_areas()
        officer = person("guidance_officer", made["county"].pk)
        centre, clinic, closing = made["east_centre"].pk, made["east_clinic"].pk, date(2026, 1, 1)
        with pytest.raises(OrganisationRefused, match="下级"):
            tree.edit(centre, actor=officer, closed_on=closing)
        tree.edit(clinic, actor=officer, closed_on=closing)
        assert clinic in under(centre, date(2025, 12, 31)) and clinic not in under(centre, closing)
        assert clinic not in {view.id for view in api.institutions(PLACE, closing)}
        with tree.writing(SET_UP, "tests"):
            tree.change(clinic, on=closing, closed_on=None)
        assert clinic in under(centre, closing)


@pytest.mark.django_db
class TestParticulars:
    def test_renaming_keeps_the_former_name(self):
        made = county_with_two_areas()
        officer = person("guidance_officer", made["county"].pk)
        with tree.writing(SET_UP, "tests"):
            tree.change(made["outsider"].pk, on=DAY, name="周市医院")
        tree.edit(made["outsider"].pk, actor=officer, name="康复医院", aliases=["康复"])
        for text in ("康复医院", "周市医院", "康复", "outsider"):
            assert api.find(text, place=PLACE).id == made["outsider"].pk
        assert [v.id for v in api.search("kfy", place=PLACE)] == [made["outsider"].pk]

    def test_a_tier_is_what_it_was_then(self):
        made = county_with_two_areas()
        hospital = made["east_hospital"]
        with tree.writing(SET_UP, "tests"):
            tree.set_tier(hospital.pk, "secondary", on=tree.BEFORE_RECORDS)
            tree.set_tier(hospital.pk, "tertiary", on=date(2026, 1, 1))
        assert api.institution_tier(hospital.pk, date(2025, 12, 31)) == "secondary"
        assert api.institution_tier(hospital.pk, date(2026, 1, 1)) == "tertiary"
        assert api.get(hospital.pk, date(2025, 12, 31)).tier == "secondary"

    @pytest.mark.parametrize(
        ("key", "changes", "sentence"),
        [
            ("outsider", {"uscc": "123205830000000005"}, "校验码"),
            ("east_ward", {"uscc": "123205830000000006"}, "科室"),
            ("east_ward", {"legal_person": True}, "科室"),
            ("outsider", {"name": "（）"}, "名称"),
            ("east", {"kind": "hospital"}, "类别"),
            ("outsider", {"kind": "county"}, "类别"),
            ("east_centre", {"kind": "private"}, "不符"),  # it has a village clinic
        ],
    )
    def test_refused(self, key, changes, sentence):
        made = county_with_two_areas()
        officer = person("guidance_officer", made["county"].pk)
        with pytest.raises(OrganisationRefused, match=sentence):
            tree.edit(made[key].pk, actor=officer, **changes)
        assert Organisation.objects.get(pk=made[key].pk).name == key

    def test_one_code_for_one_organisation(self):
        made = county_with_two_areas()
        officer = person("guidance_officer", made["county"].pk)
        tree.edit(made["outsider"].pk, actor=officer, uscc="123205830000000006")
        assert api.find("123205830000000006", place=PLACE).key == "outsider"
        with pytest.raises(OrganisationRefused, match="信用代码"):
            tree.edit(made["east_hospital"].pk, actor=officer, uscc="123205830000000006")

    def test_a_name_of_two_is_not_guessed(self):
        made = county_with_two_areas()
        organisation("village_clinic", "c1", made["east_centre"], name="新村卫生室")
        organisation("village_clinic", "c2", made["east_centre"], name="新村 卫生室")
        with pytest.raises(api.AmbiguousOrganisation):
            api.find("新村卫生室", place=PLACE)

    def test_row_history_says_who(self):
        made = county_with_two_areas()
        officer = person("guidance_officer", made["county"].pk, name="王主任")
        tree.edit(made["outsider"].pk, actor=officer, name="新名")
        events = made["outsider"].events.order_by("pgh_id")
        assert [(e.pgh_label, e.name) for e in events] == [("insert", "outsider"), ("update", "新名")]
        assert events.last().pgh_context.metadata["actor"] == "王主任"


# -- random moves against a calendar kept by hand ------------------------------------------------------------

KINDS = ("county", "consortium", "management_area", "management_area", "hospital", "community_centre",
         "village_clinic", "department", "department", "department")  # fmt: skip
LAST = 8  # days that moves fall on; from the last one on nothing changes any more


class Calendar:
    """Day by day, who stands under whom: the slow and obvious way."""

    def __init__(self, kinds):
        self.kinds = kinds
        self.changes = [{} for _ in kinds]  # day -> parent

    def parent(self, child, day):
        known = [d for d in self.changes[child] if d <= day]
        return self.changes[child][max(known)] if known else None

    def move(self, child, parent, day):
        """Whether it is allowed, and if so done."""
        if Kind(self.kinds[parent]) not in ALLOWED_PARENTS[Kind(self.kinds[child])]:
            return False
        if self.parent(child, day) == parent:
            return True
        before = dict(self.changes[child])
        self.changes[child][day] = parent
        for d in range(LAST + 1):
            seen, at = set(), child
            while at is not None:
                if at in seen:
                    self.changes[child] = before
                    return False
                seen.add(at)
                at = self.parent(at, d)
        return True

    def under(self, top, day):
        children = [c for c in range(len(self.kinds)) if self.parent(c, day) == top]
        return {top}.union(*(self.under(c, day) for c in children))


class RandomMoves(TestCase):
    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(
            st.tuples(st.integers(1, len(KINDS) - 1), st.integers(0, len(KINDS) - 1), st.integers(0, LAST)).filter(
                lambda m: Kind(KINDS[m[1]]) in ALLOWED_PARENTS[Kind(KINDS[m[0]])] or m[2] == 0
            ),
            max_size=25,
        )
    )
    def test_always_a_tree(self, moves):
        rows = [organisation(kind, f"o{i}") for i, kind in enumerate(KINDS)]
        calendar = Calendar(KINDS)
        for child, parent, day in moves:
            try:
                move(rows[child], rows[parent], DAY + timedelta(days=day))
                accepted = True
            except OrganisationRefused:
                accepted = False
            assert accepted == calendar.move(child, parent, day), (child, parent, day)
        number = {row.pk: i for i, row in enumerate(rows)}
        for day in range(LAST + 1):
            on = DAY + timedelta(days=day)
            for i, row in enumerate(rows):
                assert {number[pk] for pk in under(row.pk, on)} == calendar.under(i, day)
                path = path_ids(row.pk, on)
                assert len(set(path)) == len(path) and path[-1] == row.pk


@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once_cannot_close_a_ring():
    made = county_with_two_areas()
    a = organisation("department", "a", made["east_ward"])
    b = organisation("department", "b", made["east_ward"])
    outcome = []

    def other():
        try:
            move(b, a, DAY)
            outcome.append("moved")
        except OrganisationRefused:
            outcome.append("refused")
        finally:
            connection.close()

    thread = threading.Thread(target=other)
    with transaction.atomic():
        move(a, b, DAY)
        thread.start()
        thread.join(0.3)
        assert outcome == []  # it waits for us
    thread.join(5)
    assert outcome == ["refused"]


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_move_is_not_remembered():
    made = county_with_two_areas()
    west, centre = made["west"].pk, made["east_centre"].pk
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        move(made["east_centre"], made["west"], DAY)
        assert centre in under(west, DAY)
        raise ZeroDivisionError
    assert centre not in under(west, DAY)
    move(made["outsider"], made["west"], DAY)
    assert under(west, DAY) >= {made["outsider"].pk} and centre not in under(west, DAY)


@pytest.mark.django_db
def test_the_directory_follows_every_change():
    made = county_with_two_areas()
    hospital, west = made["east_hospital"].pk, made["west"].pk

    def seen():
        (one,) = (view for view in api.organisations(PLACE) if view.id == hospital)
        assert api.names([hospital]) == {hospital: one.label} and api.get_many([hospital]) == {hospital: one}
        return one

    with clock.fixed(datetime(2026, 3, 2, 12, tzinfo=clock.ZONE)):
        Organisation.objects.filter(pk=hospital).update(short_name="一院")
        assert seen().label == "一院"
        TierPeriod.objects.filter(organisation_id=hospital).delete()
        assert seen().tier == ""
        TierPeriod.objects.create(organisation_id=hospital, tier=Tier.SECONDARY, starts_on=DAY)
        assert seen().tier == "secondary"
        Leadership.objects.filter(group_id=west).delete()
        Leadership.objects.create(group_id=west, hospital_id=hospital, starts_on=DAY)
        assert api.get_many([west])[west].led_by == (hospital,)
        Organisation.objects.filter(pk=hospital).update(closed_on=clock.today())
        assert hospital not in {view.id for view in api.organisations(PLACE)}
        assert api.names([hospital, 0]) == {hospital: "一院"}
