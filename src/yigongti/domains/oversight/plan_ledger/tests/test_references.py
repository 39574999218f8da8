"""References resolve to what is there; a dangling one shows as missing, never as an error."""

import pytest
from django.urls import reverse
from tests.support.people import person

from yigongti.domains.oversight.plan_ledger import references
from yigongti.domains.oversight.plan_ledger.references import PLANNED, find
from yigongti.kernel.access.api import Role
from yigongti.kernel.policy import api as policy

GUIDANCE = person(Role.GUIDANCE_OFFICER, 1)
PLACES = ("wuhua", "xuchang", "lincang", "kunshan")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("page:plan_ledger:parameters", "政策参数"),
        ("workflow:organisation.joining", "“加入医共体”流程"),
        ("command:policy check", "./yigongti policy check"),
        ("domain:organisation", "组织机构"),
        ("measure:in_county_visit_rate", None),
    ],
)
def test_what_is_there_is_found(text: str, label: str | None) -> None:
    found = find(text, "kunshan", GUIDANCE)
    assert found.there and found.works
    assert label is None or found.label == label


@pytest.mark.parametrize(
    "text",
    [
        "page:nowhere:home",
        "workflow:organisation.flying",
        "command:policy fly",
        "command:fly",
        "domain:chronic_care",
        "domain:policy",
        "domain:sessions",
        "measure:happiness",
        "parameter:indicators.nothing",
        "parameter:pay.surplus_incentive_share",
    ],
)
def test_what_is_not_there_dangles(text: str) -> None:
    found = find(text, "kunshan", GUIDANCE)
    assert not found.there and not found.url and found.label


def test_a_value_nobody_uses_is_recorded_but_carries_nothing_out() -> None:
    recorded = find("parameter:pay.surplus_incentive_share", "xuchang", GUIDANCE)
    assert (recorded.there, recorded.recorded, recorded.works) == (True, True, False)
    used = find("parameter:indicators.in_county_visit_rate.target", "xuchang", GUIDANCE)
    assert (used.there, used.recorded, used.works) == (True, False, True)
    assert used.url == reverse("plan_ledger:parameter", args=["xuchang", "indicators.in_county_visit_rate.target"])


def test_a_link_is_only_for_who_may_open_it() -> None:
    nobody = person(None, 1)
    found = find("page:plan_ledger:parameters", "kunshan", nobody)
    assert found.there and found.url == ""
    assert find("page:plan_ledger:parameters", "kunshan", GUIDANCE).url == "/policy/"


@pytest.mark.parametrize("place", PLACES)
def test_no_reference_of_the_plans_is_a_typing_error(place: str) -> None:
    """What dangles today is a room of the house that the design names and nobody has built."""
    for clause in policy.clauses(place):
        for ask in clause.asks:
            for text in ask.carried_out_by:
                if not find(text, place, GUIDANCE).there:
                    kind, _colon, target = text.partition(":")
                    assert kind == "domain" and target in PLANNED, f"{place} {clause.number}: {text}"


def test_a_room_that_is_built_is_no_longer_planned() -> None:
    from django.apps import apps

    built = {config.label for config in apps.get_app_configs() if config.name.startswith("yigongti.domains.")}
    assert not built & set(references.PLANNED)
