"""Who opens which page of money: every role, at the payer, in a management area and at a hospital outside of it.

The table is written down from who does what in a consortium, not from the permissions: insurance officers and the
guidance centre over the fund and its claims, finance officers over books, directors reading their own, doctors trying a
group; nobody who administers the platform sees money.
"""

import pytest
from django.test import Client
from django.urls import reverse

from yigongti.domains.base.organisation.models import Organisation
from yigongti.domains.base.organisation.tests.factories import county_with_two_areas, organisation
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.kernel.access.api import Role

pytestmark = pytest.mark.django_db

PAYER, BOOKKEEPER, DIRECTOR, GUIDE = (
    Role.INSURANCE_OFFICER, Role.FINANCE_OFFICER, Role.DIRECTOR, Role.GUIDANCE_OFFICER
)  # fmt: skip
MONEY = {PAYER, BOOKKEEPER, DIRECTOR, GUIDE}
OPENS = {
    "claims:list": MONEY,
    "claims:findings": MONEY,
    "drg:figures": MONEY,
    "drg:cases": MONEY,
    "drg:schemes": MONEY | {Role.DOCTOR},
    "drg:try": {Role.DOCTOR},
    "drg:specials": MONEY,
    "drg:coefficients": MONEY,
    "drg:coefficients_new": {PAYER},
    "insurance_fund:list": MONEY,
    "insurance_fund:new": {PAYER},
    "books:index": MONEY,
    "books:consolidated": MONEY,
    "books:vouchers": {BOOKKEEPER, DIRECTOR, GUIDE},
    "books:chart": {BOOKKEEPER, DIRECTOR, GUIDE},
    "prices:index": set(Role),
    "prices:adjustments": MONEY,
    "prices:new": {PAYER},
}
FOR_THE_WHOLE_PLACE = {"drg:coefficients_new"}  # an officer of a hospital or an area doesn't fix them
PLACES = ("county", "east", "outsider")


@pytest.fixture
def county() -> dict[str, Organisation]:
    made = county_with_two_areas()
    made["bureau"] = organisation("insurance_body", "bureau", made["county"])
    return made


@pytest.mark.parametrize("at", PLACES)
def test_each_role_opens_what_its_work_needs(county: dict[str, Organisation], at: str) -> None:
    wrong = {}
    for role in Role:
        client: Client = signed_in(role, county[at].pk)
        got = {page: client.get(reverse(page), follow=True).status_code for page in OPENS}
        due = {
            page: 200 if role in roles and (at == "county" or page not in FOR_THE_WHOLE_PLACE) else 403
            for page, roles in OPENS.items()
        }
        wrong |= {(role, page): status for page, status in got.items() if status != due[page]}
    assert not wrong


def test_nobody_opens_them_without_signing_in(county: dict[str, Organisation]) -> None:
    for page in OPENS:
        answer = Client().get(reverse(page))
        assert (answer.status_code, answer.headers.get("Location", "").split("?")[0]) == (
            302,
            reverse("access:sign_in"),
        )


def test_the_table_has_every_page_that_needs_no_number() -> None:
    """A page that comes has to be put into the table."""
    from django.urls import get_resolver

    plain = set()
    for app in ("claims", "drg", "insurance_fund", "books", "prices"):
        patterns = get_resolver().namespace_dict[app][1]
        plain |= {
            f"{app}:{name}" for name in patterns.reverse_dict if isinstance(name, str)
            and not patterns.reverse_dict.getlist(name)[0][0][0][1]
        }  # fmt: skip
    acts = {"claims:screen", "books:close_many"}  # targets of a form
    assert plain - acts == set(OPENS)
