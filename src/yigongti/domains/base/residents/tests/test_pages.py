"""The pages from outside: what is found, what is shown of it, who may, and that decisions are done."""

from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse

from yigongti.domains.base.organisation.tests.factories import organisation
from yigongti.domains.base.residents.barcode import make_barcode
from yigongti.domains.base.residents.models import Decision, Merge, Resident, Review
from yigongti.domains.base.residents.services.deciding import merge
from yigongti.domains.base.residents.tests.factories import MACHINE, id_number, person, register, send
from yigongti.kernel import clock
from yigongti.kernel.access.api import Role
from yigongti.kernel.access.models import Account, Grant
from yigongti.kernel.audit.models import Line

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=clock.ZONE)
BORN = date(1980, 5, 17)
NUMBER = id_number(BORN, 121)


@pytest.fixture(autouse=True)
def today():
    with clock.fixed(NOW):
        yield


@pytest.fixture
def hospital():
    return organisation("hospital", "hospital").pk


@pytest.fixture
def sign_in(client, hospital):
    def as_(role):
        account = Account.objects.create(
            username=role.value, name=role.value, home_organisation_id=hospital, must_change_password=False,
            created_at=NOW, password_changed_at=NOW,
        )  # fmt: skip
        Grant.objects.create(
            account=account, role=role, organisation_id=hospital, starts_on=date(2000, 1, 1), granted_at=NOW
        )
        client.force_login(account)
        return client

    return as_


@pytest.fixture
def zhang(hospital):
    [pk] = register(
        person("张三丰", BORN, "1", patient_no="P00123", id_number=NUMBER, phone="13812345678", card_no="E7654321"),
        source=hospital,
    )
    return pk


def found(client, text, **more):
    answer = client.post(reverse("residents:search"), {"q": text, **more})
    assert answer.status_code == 200
    return [card.id for card in answer.context["found"].cards], answer.content.decode()


@pytest.mark.parametrize(
    "text",
    ["张三丰", "三丰", "张", "丰", "張 三豐", "zhangsanfeng", "Zhang Sanf", "zsf", "sanfeng", "san feng", NUMBER,
     NUMBER.lower(), "p00123", "138-1234-5678", "E7654321"],
)  # fmt: skip
def test_a_resident_is_found_by(text, zhang, sign_in):
    ids, page = found(sign_in(Role.DOCTOR), text)
    assert ids == [zhang]
    assert "张*丰" in page and "三丰" not in page.replace(text, "")
    assert NUMBER not in page.replace(text, "") and f"3205**********{NUMBER[-4:]}" in page


@pytest.mark.parametrize("text", ["李", "zhangsi", "zs f1", NUMBER[:-1] + "0", "1381234567", "%", "_", "'; drop"])
def test_others_are_not(text, zhang, sign_in):
    assert found(sign_in(Role.DOCTOR), text)[0] == []


def test_a_common_name_is_narrowed_by_the_year(sign_in, hospital):
    ids = register(*(person("王伟", date(1950 + k, 3, 4), "1", patient_no=f"W{k}") for k in range(3)), source=hospital)
    client = sign_in(Role.VILLAGE_DOCTOR)
    assert sorted(found(client, "王伟")[0]) == ids
    assert found(client, "ww", year="1951")[0] == [ids[1]]


def test_who_was_merged_is_found_under_any_name_as_one(zhang, sign_in, hospital):
    [other] = register(person("张君宝", "1955-01-01", "1", patient_no="K1"), source=hospital)
    merge(zhang, other, reason="曾用名", actor=MACHINE)
    client = sign_in(Role.DOCTOR)
    assert found(client, "君宝")[0] == found(client, "K0001")[0] + [zhang] == [zhang]


def test_a_search_is_in_the_trail_without_its_words(zhang, sign_in):
    found(sign_in(Role.DOCTOR), NUMBER)
    line = Line.objects.get(act="residents.search")
    assert line.detail == {"by": "number", "found": 1} and line.resident_ids == [zhang]


def test_who_may_not_search_does_not(client, sign_in):
    assert sign_in(Role.AUDITOR).get(reverse("residents:search")).status_code == 403


def test_a_number_in_the_address_is_not_searched(zhang, sign_in):
    page = sign_in(Role.DOCTOR).get(reverse("residents:search"), {"q": NUMBER})
    assert "found" not in page.context


def test_a_barcode_opens_the_record_and_an_old_or_forged_one_says_why(zhang, sign_in):
    client = sign_in(Role.DOCTOR)
    page = client.get(reverse("residents:barcode", args=[zhang]))
    token = page.context["token"]
    assert NUMBER not in page.content.decode() and "张三丰" not in page.content.decode()
    opened = client.post(reverse("residents:scan"), {"code": token})
    assert opened.status_code == 302 and opened.url == reverse("health_record:record", args=[zhang])
    with clock.fixed(NOW + timedelta(minutes=6)):
        late = client.post(reverse("residents:scan"), {"code": token})
    assert late.status_code == 422 and "已过期" in late.content.decode()
    forged = client.post(reverse("residents:scan"), {"code": token[:-4] + "AAAA"})
    assert forged.status_code == 422 and "不是本平台的个人条码" in forged.content.decode()
    assert list(Line.objects.filter(act="residents.scan").order_by("pk").values_list("outcome", flat=True)) == [
        "done", "refused", "refused",
    ]  # fmt: skip
    # typed by a scanner into the search box, it opens too
    assert client.post(reverse("residents:search"), {"q": token.lower()}).status_code == 302


def test_a_barcode_of_a_merged_entry_opens_the_person(zhang, sign_in, hospital):
    [other] = register(person("张君宝", "1955-01-01", "1", patient_no="K1"), source=hospital)
    token, _ = make_barcode(other, actor=MACHINE)
    merge(zhang, other, reason="", actor=MACHINE)
    opened = sign_in(Role.DOCTOR).post(reverse("residents:scan"), {"code": token})
    assert opened.url == reverse("health_record:record", args=[zhang])


@pytest.fixture
def asked(zhang, hospital):
    [(other, outcome, _)] = send(person("张三峰", BORN, "1", patient_no="K1"), source=hospital)
    assert outcome == "review"
    return Review.objects.get(resident_id=other)


def test_a_question_is_listed_compared_and_answered(asked, zhang, sign_in):
    client = sign_in(Role.DATA_OFFICER)
    assert "张三峰" in client.get(reverse("residents:reviews")).content.decode()
    page = client.get(reverse("residents:review", args=[asked.pk]))
    assert "姓名同音" in page.content.decode() and NUMBER not in page.content.decode()
    assert Line.objects.filter(act="residents.compare", resident_id=zhang).count() == 1
    unanswered = client.post(reverse("residents:review", args=[asked.pk]), {"verdict": "same", "reason": ""})
    assert unanswered.status_code == 422 and not Merge.objects.exists()
    for verdict in ({}, {"verdict": "perhaps"}):
        unclear = client.post(reverse("residents:review", args=[asked.pk]), {"reason": "看过身份证", **verdict})
        assert unclear.status_code == 422 and "请点选一个按钮" in unclear.content.decode()
    asked.refresh_from_db()
    assert asked.state == "open" and not Decision.objects.exists()
    client.post(reverse("residents:review", args=[asked.pk]), {"verdict": "same", "reason": "看过身份证"})
    asked.refresh_from_db()
    assert asked.state == "same" and Merge.objects.get().kept_id == zhang
    assert "张三峰" not in client.get(reverse("residents:reviews")).content.decode()


def test_a_merge_is_undone_on_its_page(asked, zhang, sign_in):
    client = sign_in(Role.DATA_OFFICER)
    client.post(reverse("residents:review", args=[asked.pk]), {"verdict": "same", "reason": "看过身份证"})
    made = Merge.objects.get()
    assert "张三峰" in client.get(reverse("residents:merges")).content.decode()
    client.post(reverse("residents:undo", args=[made.pk]), {"reason": "看错了"})
    made.refresh_from_db()
    assert made.undone_at == NOW
    assert Resident.objects.unscoped("test").get(pk=made.absorbed_id).merged_into_id is None
    again = client.post(reverse("residents:undo", args=[made.pk]), {"reason": "再来"})
    assert again.status_code == 422 and "已经撤销" in again.content.decode()


def test_questions_of_other_places_are_not_shown(asked, sign_in, client):
    elsewhere = organisation("hospital", "elsewhere").pk
    sign_in(Role.DATA_OFFICER)
    Grant.objects.update(organisation_id=elsewhere)
    assert "张三峰" not in client.get(reverse("residents:reviews")).content.decode()
    assert client.get(reverse("residents:review", args=[asked.pk])).status_code == 404


def test_two_found_are_compared(asked, zhang, sign_in):
    client = sign_in(Role.DATA_OFFICER)
    address = reverse("residents:search")
    chosen = client.post(address, {"compare": "1", "id": [asked.resident_id, zhang]})
    assert chosen.url == reverse("residents:compare", args=[zhang, asked.resident_id])
    assert client.get(chosen.url).status_code == 200
    assert client.post(address, {"compare": "1", "id": [zhang]}).url == address
    assert client.get(reverse("residents:compare", args=[zhang, 10**9])).status_code == 404


def test_contradicting_details_are_closed(sign_in, hospital):
    send(person("张伟国", "1980-05-18", "1", patient_no="P1", id_number=NUMBER), source=hospital)
    review = Review.objects.get()
    client = sign_in(Role.DATA_OFFICER)
    assert "出生日期与身份证号码不一致" in client.get(reverse("residents:review", args=[review.pk])).content.decode()
    client.post(reverse("residents:review", args=[review.pk]))
    review.refresh_from_db()
    assert review.state == "checked"


def test_registering(zhang, sign_in):
    client, address = sign_in(Role.DOCTOR), reverse("residents:register")
    known = {"name": "张三丰", "sex": "1", "birth_date": "1980-05-17", "id_type": "01", "id_number": NUMBER}
    page = client.post(address, known)
    assert page.context["match"].outcome == "link" and "已经登记过" in page.content.decode()
    alike = {"name": "张三峰", "sex": "1", "birth_date": "1980-05-17", "id_type": "01"}
    page = client.post(address, alike)
    assert page.context["match"].outcome == "review"
    done = client.post(address, {**alike, "although": "1"})
    assert done.status_code == 302 and Review.objects.count() == 1
    bad = client.post(address, {**known, "id_number": NUMBER[:-1]})
    assert bad.status_code == 422 and "18 位" in bad.content.decode()
    wrong = client.post(address, {**known, "birth_date": "1980-05-18"})
    assert wrong.status_code == 422 and "不一致" in wrong.content.decode()
    assert Resident.objects.unscoped("test").count() == 2


def test_newborns_and_unknown_persons_get_temporary_numbers_only(sign_in, hospital):
    [mother] = register(person("王芳", "1998-02-03", "2", patient_no="M1"), source=hospital)
    client, address = sign_in(Role.DOCTOR), reverse("residents:register_newborn", args=[mother])
    for order in (1, 2):
        done = client.post(address, {"birth_date": "2026-11-20", "birth_order": order, "sex": "2"})
        assert done.status_code == 302
    again = client.post(address, {"birth_date": "2026-11-20", "birth_order": 2, "sex": "2"})
    assert again.status_code == 422
    first, second = Resident.objects.unscoped("test").filter(mother_id=mother).order_by("birth_order")
    assert first.temporary_no == f"TN20261120-{mother}-1" and first.name == "王芳之女" and first.pk != second.pk
    assert not first.identifiers.exists()
    assert found(client, first.temporary_no)[0] == [first.pk]
    assert client.post(reverse("residents:register_unknown"), {"sex": "1", "birth_year": "1970"}).status_code == 302
    unknown = Resident.objects.unscoped("test").get(temporary_no__startswith="TU")
    assert (unknown.birth_date, unknown.birth_precision) == (date(1970, 1, 1), 1)
    future = client.post(address, {"birth_date": "2026-12-20", "birth_order": 1, "sex": "2"})
    assert future.status_code == 422
    future = client.post(reverse("residents:register_unknown"), {"sex": "1", "birth_year": "2027"})
    assert future.status_code == 422 and "出生年份在将来" in future.content.decode()
    assert Resident.objects.unscoped("test").filter(temporary_no__startswith="TU").count() == 1
