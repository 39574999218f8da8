"""Insured persons from a file: what fits is shown before it is stored, what fits nothing is named, nothing is lost."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.fund.world import World, drafted, publish, running, usual, world
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.domains.money.insurance_fund.models import FundYear
from yigongti.domains.money.insurance_fund.services import drafting, persons
from yigongti.kernel.access.api import Role
from yigongti.kernel.intake.sheets import SheetRefused

pytestmark = pytest.mark.django_db


@pytest.fixture
def here(settings, tmp_path) -> World:
    settings.VAR = tmp_path
    return world()


def persons_of(case: FundYear) -> dict[int, int | None]:
    return {row.organisation_id: row.persons for row in case.members()}


def test_lines_fit_by_name_or_code(here):
    publish(usual(here))
    case = drafted(here)
    east, west = here.made["east_centre"], here.made["west_centre"]
    text = (
        "机构名称,参保人数,备注\n"
        f'{east.name},"12,345",\n'
        f"{west.key},678,代码\n"
        "合计,13023,\n"
        f"{here.made['outsider'].name},5,\n"
        f"{west.name},9,又一次\n"
        f"{here.made['east_clinic'].name},-1,\n"
        ",7,\n"
    )
    read = persons.read(case, text.encode("gb18030"))
    assert {line.member.organisation_id: line.persons for line in read.lines} == {east.pk: 12_345, west.pk: 678}
    reasons = {line.number: line.reason for line in read.bad}
    assert set(reasons) == {4, 5, 6, 7, 8}
    assert "没有这家单位" in reasons[4] and "不是本年度的成员单位" in reasons[5] and "第 3 行" in reasons[6]
    assert "不小于零" in reasons[7] and "没有写" in reasons[8]
    assert {row.organisation_id for row in read.silent} == set(persons_of(case)) - {east.pk, west.pk}
    for wrong in (b"", b"a,b\n1,2\n", "成员单位,参保人数\n".encode(), b"PK\x03\x04rubbish"):
        with pytest.raises(SheetRefused):
            persons.read(case, wrong)


def test_it_is_stored_when_somebody_says_so(here):
    publish(usual(here))
    case = drafted(here)
    east = here.made["east_centre"]
    before = persons_of(case)
    client = signed_in(Role.INSURANCE_OFFICER, here.id("county"))
    address = reverse("insurance_fund:persons", args=[case.pk])
    got = client.get(reverse("insurance_fund:persons_template", args=[case.pk]))
    sheet = openpyxl.load_workbook(io.BytesIO(got.content)).worksheets[0]
    rows = {row[0].value: row for row in sheet.iter_rows(min_row=2)}
    assert rows[east.name][1].value == "300"
    rows[east.name][1].value = 12_345
    out = io.BytesIO()
    sheet.parent.save(out)
    shown = client.post(address, {"file": SimpleUploadedFile("a.xlsx", out.getvalue())})
    assert shown.status_code == 200 and persons_of(case) == before
    page = shown.content.decode()
    (line,) = [line for line in shown.context["read"].lines if line.persons == 12_345]
    assert f'name="persons_{line.member.pk}" value="12345"' in page
    said = {f"persons_{one.member.pk}": one.persons for one in shown.context["read"].lines}
    assert client.post(address, {"do": "take", **said, "persons_x": "1", "persons_1": "½"}).status_code == 302
    assert persons_of(case) == before | {east.pk: 12_345}
    assert client.post(address, {"do": "take", f"persons_{line.member.pk}": "9" * 12}).status_code == 422
    assert client.post(address).status_code == 422
    second = FundYear.objects.unscoped("test").get(pk=case.pk).hand_ids
    assert second  # whoever entered them approves nothing


def test_only_while_it_is_drafted_and_by_who_prepares(here):
    publish(usual(here))
    case = running(here)
    address = reverse("insurance_fund:persons", args=[case.pk])
    assert signed_in(Role.INSURANCE_OFFICER, here.id("county")).get(address).status_code == 404
    assert signed_in(Role.DIRECTOR, here.id("east")).get(address).status_code == 403
    with pytest.raises(drafting.DraftRefused):
        drafting.enter_persons(case, {}, actor=here.officer)
