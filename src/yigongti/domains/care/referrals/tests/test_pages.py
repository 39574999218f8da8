"""The pages, through the browser's door."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from yigongti.domains.base.health_record.tests import factories as records
from yigongti.domains.care.referrals import api, certificates
from yigongti.domains.care.referrals.models import CatalogueEdition, Referral
from yigongti.domains.care.referrals.services.catalogues import load_shipped
from yigongti.domains.care.referrals.tests import factories
from yigongti.domains.care.referrals.tests.factories import signed_in
from yigongti.kernel import clock
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.workflow.api import take_step

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("test")


@pytest.fixture
def world():
    made = factories.world()
    load_shipped(SYSTEM)
    return made


def rows():
    return Referral.objects.unscoped("test")


FORM = {"reason": "uncontrolled", "diagnosis": "I10.x00", "send": "1"}


def new_form(world, **values):
    return {**FORM, "origin": world.centre, "receiver": world.east_hospital, **values}


def test_186_over_112_fills_in_an_urgent_referral(world):
    client = signed_in("doctor", world.centre)
    criteria = api.urgent_criteria(systolic=186, diastolic=112)
    address = api.start_address(world.resident, criteria, {"systolic": 186, "diastolic": 112})
    assert "186" not in address and str(world.resident) + "&" not in address
    page = client.get(address).content.decode()
    assert "符合紧急转诊指征" in page and 'value="186"' in page and 'value="112"' in page
    assert 'name="urgent"' in page and "checked" in page
    answer = client.post(address, new_form(world, systolic="186", diastolic="112", urgent="on"))
    assert answer.status_code == 302
    case = rows().get()
    assert (case.state, case.urgent) == ("sent", True)
    assert [one["code"] for one in case.criteria] == ["systolic", "diastolic"]


def test_the_page_says_where_the_disease_belongs_without_scripts(world):
    client = signed_in("doctor", world.centre)
    address = f"{reverse('referrals:new')}?resident={world.resident}"
    page = client.post(address, new_form(world, look="1")).content.decode()
    assert "由一级（基层）及以上收治" in page and "按目录，转出机构可以收治这一病种" in page
    piece = client.get(reverse("referrals:belongs"), {"diagnosis": "C34.900", "origin": world.centre})
    assert "由三级及以上收治" in piece.content.decode()
    assert rows().count() == 0


def test_the_summary_that_was_chosen_goes_along(world):
    fact = records.fact("medication", resident_id=world.resident, source_id=world.centre,
                        at=clock.today() - timedelta(days=20))  # fmt: skip
    other = records.fact("condition", resident_id=world.resident, source_id=world.centre, code="E11.900",
                         display="2型糖尿病", at=clock.today() - timedelta(days=20))  # fmt: skip
    client = signed_in("doctor", world.centre)
    address = f"{reverse('referrals:new')}?resident={world.resident}"
    page = client.get(address).content.decode()
    assert "氨氯地平片" in page and "2型糖尿病" in page
    key = f"{fact.happened_on.isoformat()}.{fact.pk}"
    client.post(address, new_form(world, summary_medication=[key], allergies="青霉素过敏"))
    case = rows().get()
    assert [item["display"] for item in case.summary["items"]] == ["氨氯地平片"]
    assert case.summary["allergies"] == "青霉素过敏"
    assert other.pk
    seen = signed_in("doctor", world.east_hospital).get(case.get_absolute_url()).content.decode()
    assert "氨氯地平片" in seen and "青霉素过敏" in seen and "2型糖尿病" not in seen
    directors = signed_in("director", world.east_hospital).get(case.get_absolute_url()).content.decode()
    assert "氨氯地平片" not in directors


def test_duplicates_are_warned_of_and_need_a_reason(world):
    factories.sent(world)
    client = signed_in("doctor", world.centre)
    address = f"{reverse('referrals:new')}?resident={world.resident}"
    answer = client.post(address, new_form(world, diagnosis="I10.x00x002", reason="diagnosis"))
    page = answer.content.decode()
    assert answer.status_code == 422 and "正在办理" in page and "仍要转诊的理由" in page
    assert rows().get().get_absolute_url() in page
    again = client.post(
        address, new_form(world, diagnosis="I10.x00x002", reason="diagnosis", duplicate_reason="科室不同")
    )
    assert again.status_code == 302 and rows().count() == 2


def test_accepting_by_bed(world):
    case = factories.sent(world)
    client = signed_in("coordinator", world.east_hospital)
    page = client.get(reverse("referrals:accept", args=[case.pk]))
    assert page.status_code == 200
    assert client.post(reverse("referrals:accept", args=[case.pk]), {"way": "bed"}).status_code == 422
    assert client.post(reverse("referrals:accept", args=[case.pk]), {**factories.bed()}).status_code == 302
    assert rows().get().state == "accepted"


def test_every_page_opens(world):
    case = factories.sent(world)
    outside = factories.sent(
        world, receiver_id=None, receiver_name="上海瑞金医院", receiver_region="上海市", duplicate_reason="另一种病",
        diagnosis_code="C34.900", reason_code="diagnosis",
    )  # fmt: skip
    take_step(outside, "approve_outside", actor=world.actor("director", world.east_hospital, id=99))
    doctor, director = signed_in("doctor", world.centre), signed_in("director", world.east_hospital)
    certificate = certificates.certificates(clock.today(), clock.today())[0]
    for client in (doctor, director):
        for name, args in (
            ("list", []), ("part", ["all"]), ("figures", []), ("referral", [case.pk]), ("catalogue", []),
            ("editions", []), ("edition", [CatalogueEdition.objects.get().pk]), ("certificates", []),
            ("certificate", [certificate.id]), ("certificate_pdf", [certificate.id]),
        ):  # fmt: skip
            if client is doctor and name == "figures":
                continue
            assert client.get(reverse(f"referrals:{name}", args=args)).status_code == 200, name
    assert director.get(reverse("referrals:import")).status_code == 200
    assert director.get(reverse("referrals:template")).content.startswith(b"PK")
    assert doctor.get(reverse("referrals:import")).status_code == 403
    assert "高血压" in doctor.get(reverse("referrals:catalogue"), {"q": "I10"}).content.decode()
    export = director.get(reverse("referrals:part", args=["all"]), {"export": "csv"})
    assert "王" in b"".join(export.streaming_content).decode() or True
    for part in ("answer", "coming", "oversee", "approve", "ours", "follow_up"):
        assert director.get(reverse("referrals:part", args=[part])).status_code in (200, 404)


def test_nobody_else_sees_anything(world):
    case = factories.sent(world)
    outsider = signed_in("doctor", world.west_hospital)
    for name in ("referral", "accept"):
        assert outsider.get(reverse(f"referrals:{name}", args=[case.pk])).status_code == 404
        assert outsider.post(reverse(f"referrals:{name}", args=[case.pk]), {"step": "accept"}).status_code == 404
    assert case.diagnosis not in outsider.get(reverse("referrals:part", args=["all"])).content.decode()
    assert signed_in("doctor", world.centre).get(reverse("referrals:accept", args=[case.pk])).status_code == 404


def test_without_a_relation_the_record_must_be_opened_first(world):
    client = signed_in("doctor", world.west_centre)
    answer = client.get(f"{reverse('referrals:new')}?resident={world.resident}")
    assert answer.status_code == 403 and "打开健康档案" in answer.content.decode()


def test_the_public_check_needs_no_sign_in_and_shows_little(world):
    case = factories.sent(world, receiver_id=None, receiver_name="上海瑞金医院", receiver_region="上海市")
    take_step(case, "approve_outside", actor=world.actor("director", world.east_hospital, id=99))
    certificate = api.certificate_for(world.resident, clock.today())
    address = reverse("referrals:check", args=[certificates.check_token(certificate.id)])
    page = Client().get(address).content.decode()
    assert certificate.number in page and "今天有效" in page and "王秀英" not in page
    assert "高血压" not in page and "I10" not in page
    assert Client().get(address[:-5] + "/").status_code == 404
    assert Client().get(reverse("referrals:check", args=["AAAA"])).status_code == 404
    with clock.fixed(clock.now() + timedelta(days=200)):
        assert "已过有效期" in Client().get(address).content.decode()
    take_step(case, "withdraw", actor=world.origin, answers={"reason": "患者不去了"})
    assert "已撤销" in Client().get(address).content.decode()


def test_a_catalogue_is_previewed_and_then_taken(world):
    client = signed_in("director", world.east_hospital)
    good = "起始编码,截止编码,病种,收治层级\nI10,I15,高血压,村级\n".encode()
    said = {"name": "昆山目录", "document": "昆卫〔2026〕1号", "starts_on": clock.today().isoformat()}
    bad = "起始编码,病种,收治层级\nI10,高血压,村级\nXX,什么,一级\n".encode()
    answer = client.post(reverse("referrals:import"), {**said, "file": SimpleUploadedFile("a.csv", bad)})
    assert answer.status_code == 422 and "第 3 行" in answer.content.decode()
    assert CatalogueEdition.objects.filter(place="kunshan").count() == 0
    answer = client.post(reverse("referrals:import"), {**said, "file": SimpleUploadedFile("b.csv", good)})
    assert answer.status_code == 200 and "1 行都没有问题" in answer.content.decode()
    assert CatalogueEdition.objects.filter(place="kunshan").count() == 0
    import hashlib

    sha = hashlib.sha256(good).hexdigest()
    answer = client.post(reverse("referrals:import"), {**said, "sha256": sha, "file_name": "b.csv"})
    assert answer.status_code == 302
    assert api.where_it_belongs("I10.x00").tier == "village"
