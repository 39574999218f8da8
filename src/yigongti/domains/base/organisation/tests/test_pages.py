"""The pages from outside: who gets which answer, and that what is done there is done."""

from datetime import date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation
from tests.support.people import LONG_AGO

from yigongti.domains.base.organisation.models import Alliance, Document, Joining, Organisation
from yigongti.domains.base.organisation.selectors import under
from yigongti.domains.base.organisation.services import tree
from yigongti.domains.base.organisation.tests.factories import SET_UP, county_with_two_areas
from yigongti.kernel import clock
from yigongti.kernel.access.api import Role
from yigongti.kernel.access.models import Account, Grant

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=clock.ZONE)


@pytest.fixture
def made(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    with clock.fixed(NOW):
        yield county_with_two_areas()


@pytest.fixture
def sign_in(client, made):
    """Sign in as role @ organisation."""

    def as_somebody(who):
        role, key = who.split("@")
        account, new = Account.objects.get_or_create(
            username=who,
            defaults={
                "name": who,
                "home_organisation_id": made[key].pk,
                "must_change_password": False,
                "created_at": NOW,
                "password_changed_at": NOW,
            },
        )
        if new:
            Grant.objects.create(
                account=account,
                role=Role(role),
                organisation_id=made[key].pk,
                starts_on=LONG_AGO,
                granted_at=NOW,
            )
        client.force_login(account)
        return client

    return as_somebody


def address(name, *args):
    return reverse(f"organisation:{name}", args=args)


def test_a_stranger_is_asked_to_sign_in(client, made):
    for name, args in [("tree", ()), ("organisation", (made["east"].pk,)), ("cases", ())]:
        assert client.get(address(name, *args)).status_code == 302


@pytest.mark.parametrize("role", list(Role))
def test_the_directory_is_open_to_all_staff(sign_in, made, role):
    client = sign_in(f"{role}@east_centre")
    page = client.get(address("tree")).content.decode()
    assert all(row.name in page for row in made.values())
    assert client.get(address("organisation", made["west_hospital"].pk)).status_code == 200
    assert client.get(address("history", made["west_hospital"].pk)).status_code == 200
    assert client.get(address("organisation", 999_999)).status_code == 404


def test_the_tree_of_another_day(sign_in, made):
    with tree.writing(SET_UP, "tests"):
        tree.put_under(made["east_centre"].pk, made["west"].pk, on=date(2026, 1, 1))
    client = sign_in("doctor@east")
    for on, area in [("2025-12-31", "east"), ("2026-01-01", "west")]:
        page = client.get(address("organisation", made["east_centre"].pk), {"on": on}).content.decode()
        crumbs = page[page.index('class="crumbs"') : page.index('aria-current="page"', page.index('class="crumbs"'))]
        assert f">{area}<" in crumbs
    assert client.get(address("tree"), {"on": "nonsense"}).status_code == 200


def test_search_by_name_and_initials(sign_in, made):
    with tree.writing(SET_UP, "tests"):
        tree.change(made["outsider"].pk, on=NOW.date(), name="千灯卫生中心")
    client = sign_in("doctor@east")
    for q in ("千灯", "qdws", "outsider"):
        assert "查到 1 家" in client.get(address("tree"), {"q": q}).content.decode()
    assert "没有查到" in client.get(address("tree"), {"q": "没有这家"}).content.decode()


EDITS = {"name": "新名", "kind": "private", "tier": "primary", "uscc": "123205830000000006", "aliases": "小名\n乳名"}


@pytest.mark.parametrize(
    ("who", "allowed"),
    [
        ("guidance_officer@county", True),
        ("system_admin@county", True),
        ("guidance_officer@west", False),
        ("director@county", False),
        ("doctor@outsider", False),
    ],
)
def test_who_may_edit(sign_in, made, who, allowed):
    client, pk = sign_in(who), made["outsider"].pk
    assert (address("edit", pk) in client.get(address("organisation", pk)).content.decode()) is allowed
    assert client.get(address("edit", pk)).status_code == (200 if allowed else 403)
    assert client.post(address("edit", pk), EDITS).status_code == (302 if allowed else 403)
    row = Organisation.objects.get(pk=pk)
    assert (row.name == "新名") is allowed and row.names.filter(name="乳名").exists() is allowed


def test_an_edit_that_does_not_pass_keeps_what_was_typed(sign_in, made):
    client, pk = sign_in("guidance_officer@county"), made["outsider"].pk
    answer = client.post(address("edit", pk), {**EDITS, "uscc": "123205830000000005"})
    assert answer.status_code == 422 and "123205830000000005" in answer.content.decode()
    assert Organisation.objects.get(pk=pk).name == "outsider"


def test_the_history_page_says_who_changed_what(sign_in, made):
    client, pk = sign_in("guidance_officer@county"), made["outsider"].pk
    client.post(address("edit", pk), EDITS)
    page = client.get(address("history", pk)).content.decode()
    assert "名称：outsider → 新名" in page and "guidance_officer@county" in page


def test_a_department_is_entered_under_an_institution(sign_in, made):
    client = sign_in("guidance_officer@county")
    parent = made["east_hospital"]
    answer = client.post(
        address("enter", parent.pk), {"name": "心内科", "kind": "department", "starts_on": "2026-03-01"}
    )
    assert answer.status_code == 302
    row = Organisation.objects.get(name="心内科")
    assert row.key == "xnk" and row.pk in under(parent.pk, date(2026, 3, 1))
    wrong = client.post(address("enter", parent.pk), {"name": "片区", "kind": "management_area"})
    assert wrong.status_code == 422
    assert client.get(address("enter", made["east"].pk)).status_code == 404  # institutions join an area by a case


def test_a_clinic_moves_to_another_centre(sign_in, made):
    client, clinic = sign_in("guidance_officer@county"), made["east_clinic"]
    form = {"parent": made["east_hospital"].pk, "on": "2026-03-01", "reason": "并入医院"}
    assert client.post(address("move", clinic.pk), {**form, "parent": made["west"].pk}).status_code == 422
    assert client.post(address("move", clinic.pk), form).status_code == 302
    assert clinic.pk in under(made["east_hospital"].pk, date(2026, 3, 1))
    assert sign_in("director@county").get(address("move", clinic.pk)).status_code == 403


def test_an_alliance_is_founded_joined_and_left(sign_in, made):
    client = sign_in("guidance_officer@county")
    assert client.post(address("alliances"), {"name": "", "kind": "specialist"}).status_code == 422
    assert client.post(address("alliances"), {"name": "眼科专科联盟", "kind": "specialist"}).status_code == 302
    alliance = Alliance.objects.get()
    assert alliance.key == "ykzklm"
    form = {"organisation": made["outsider"].pk, "starts_on": "2026-03-01", "lead": "on"}
    assert client.post(address("alliance", alliance.pk), form).status_code == 302
    again = client.post(address("alliance", alliance.pk), form)
    assert again.status_code == 422 and "已经参加了" in again.content.decode()
    ward = client.post(address("alliance", alliance.pk), {**form, "organisation": made["east_ward"].pk})
    assert ward.status_code == 422
    assert "眼科专科联盟" in client.get(address("organisation", made["outsider"].pk)).content.decode()
    member = alliance.members.get()
    for who, status in [("director@outsider", 403), ("guidance_officer@east", 403), ("guidance_officer@county", 302)]:
        assert sign_in(who).post(address("drop_out", member.pk)).status_code == status
    member.refresh_from_db()
    assert member.ends_on == NOW.date()
    reader = sign_in("doctor@east")
    assert reader.get(address("alliances")).status_code == 200
    assert reader.post(address("alliances"), {"name": "别的", "kind": "city"}).status_code == 403
    assert Alliance.objects.count() == 1


def test_joining_from_start_to_end_in_the_browser(sign_in, made):
    applicant = sign_in("director@outsider")
    assert address("new_joining") in applicant.get(address("organisation", made["outsider"].pk)).content.decode()
    form = {
        "applicant": made["outsider"].pk,
        "target": f"{made['west'].pk}:{made['west_hospital'].pk}",
        "local_authority": made["town"].pk,
        "reason": "",
    }
    assert applicant.post(address("new_joining"), form).status_code == 422
    answer = applicant.post(address("new_joining"), {**form, "reason": "共享检验中心"})
    case = Joining.objects.unscoped("test").get()
    assert answer.status_code == 302 and answer.url == case.get_absolute_url()
    page = answer.url
    for who, step, fields in [
        ("director@west_hospital", "agree_intention", {}),
        ("director@town", "approve_locally", {"paper": "昆政复1号", "decided_on": "2026-03-02"}),
        ("guidance_officer@county", "approve", {}),
        ("guidance_officer@county", "pass_meeting", {"meeting": "第3次", "held_on": "2026-03-02"}),
        ("director@outsider", "sign", {"agreement_number": "8号", "effective_on": "2026-04-01"}),
        ("director@west_hospital", "countersign", {}),
    ]:
        client = sign_in(who)
        assert f'value="{step}"' in client.get(page).content.decode()
        answer = client.post(page, {"step": step, **{f"{step}-{name}": value for name, value in fields.items()}})
        assert answer.status_code == 302, answer.content.decode()
    assert made["outsider"].pk in under(made["west"].pk, date(2026, 4, 1))
    text = client.get(page).content.decode()
    assert "已加入" in text and "昆政复1号" in text and text.count("steps__step--done") == 5


def test_a_case_is_not_there_for_others(sign_in, made):
    sign_in("director@outsider").post(
        address("new_joining"),
        {
            "applicant": made["outsider"].pk,
            "target": f"{made['west'].pk}:{made['west_hospital'].pk}",
            "local_authority": made["county"].pk,
            "reason": "加入",
        },
    )
    page = Joining.objects.unscoped("test").get().get_absolute_url()
    for who, status in [
        ("director@outsider", 200),
        ("guidance_officer@county", 200),
        ("director@east_hospital", 404),
        ("guidance_officer@east", 404),
        ("doctor@outsider", 403),
        ("system_admin@county", 403),
    ]:
        assert sign_in(who).get(page).status_code == status, who
    assert "outsider" in sign_in("director@outsider").get(address("cases")).content.decode()
    assert "还没有加入或退出" in sign_in("director@east_hospital").get(address("cases")).content.decode()


def test_nobody_applies_for_another(sign_in, made):
    answer = sign_in("director@east_hospital").post(
        address("new_joining"),
        {
            "applicant": made["outsider"].pk,
            "target": f"{made['west'].pk}:{made['west_hospital'].pk}",
            "local_authority": made["county"].pk,
            "reason": "加入",
        },
    )
    assert answer.status_code == 422 and not Joining.objects.unscoped("test").exists()


def test_leaving_is_started_by_a_member(sign_in, made):
    client = sign_in("director@east_centre")
    answer = client.post(
        address("new_leaving"),
        {"applicant": made["east_centre"].pk, "local_authority": made["county"].pk, "reason": "区划调整"},
    )
    assert answer.status_code == 302 and "申请退出" in client.get(answer.url).content.decode()


VERSION = {"adopted_by": "理事会", "adopted_on": "2026-02-01", "in_force_from": "2026-03-01"}


def test_a_charter_its_second_version_and_what_changed(sign_in, made):
    client, pk = sign_in("guidance_officer@county"), made["consortium"].pk
    form = {"kind": "charter", "title": "医共体章程", "text": "第一条 每季度一次会议。", **VERSION}
    upload = SimpleUploadedFile("章程.pdf", b"%PDF-1.7 text")
    assert client.post(address("new_document", pk), {**form, "upload": upload}).status_code == 302
    document = Document.objects.get()
    assert "每季度一次" in client.get(address("new_version", document.pk)).content.decode()
    second = {**VERSION, "text": "第一条 每月度一次会议。", "in_force_from": "2027-01-01", "note": "加密会议"}
    assert client.post(address("new_version", document.pk), second).status_code == 302
    page = client.get(address("document", document.pk)).content.decode()
    assert "第 2 版" in page and "加密会议" in page and "每月度一次" in page
    compared = client.get(address("compare", document.pk)).content.decode()
    assert "<del>季</del><ins>月</ins>" in compared
    assert "第 1 版，共 2 版" in client.get(address("documents", pk)).content.decode()  # the second is not yet in force
    stored = client.get(address("file", document.pk, 1))
    assert b"".join(stored.streaming_content) == b"%PDF-1.7 text"
    assert "attachment" in stored["Content-Disposition"]
    assert client.get(address("file", document.pk, 2)).status_code == 404
    reader = sign_in("doctor@east")
    assert reader.get(address("document", document.pk)).status_code == 200
    assert reader.get(address("new_version", document.pk)).status_code == 403


@pytest.fixture
def own_language(settings):
    """A request in another language leaves it switched on."""
    yield
    translation.activate(settings.LANGUAGE_CODE)


@pytest.mark.usefixtures("own_language")
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_in_both_languages(sign_in, made, language, settings):
    client = sign_in("director@outsider")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    for name, args in [
        ("tree", ()),
        ("organisation", (made["outsider"].pk,)),
        ("organisation", (made["consortium"].pk,)),
        ("documents", (made["outsider"].pk,)),
        ("new_document", (made["outsider"].pk,)),
        ("cases", ()),
        ("new_joining", ()),
        ("new_leaving", ()),
        ("alliances", ()),
    ]:
        assert client.get(address(name, *args)).status_code == 200


def test_a_large_tree_leaves_clinics_to_their_centre(sign_in, made, monkeypatch):
    from yigongti.domains.base.organisation.web import tree as drawing

    client = sign_in("doctor@east")
    assert "east_clinic" in client.get(address("tree")).content.decode()
    monkeypatch.setattr(drawing, "_AT_ONCE", 5)
    made["west"].short_name = "西片"
    made["west"].save()
    page = client.get(address("tree")).content.decode()
    assert "east_clinic" not in page and "east_centre" in page and "西片" in page
    assert "5 家机构" in page  # two lead hospitals, a centre, its clinic, the outsider
    assert "east_clinic" in client.get(address("organisation", made["east_centre"].pk)).content.decode()
