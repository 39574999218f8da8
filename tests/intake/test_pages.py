"""The pages of intake from outside: send, watch, read the receipt, download, and see nothing of others."""

from datetime import datetime
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.intake.county import encounter, send, table
from tests.support.people import LONG_AGO
from yigongti.kernel import clock
from yigongti.kernel.access.api import Role
from yigongti.kernel.access.models import Account, Grant
from yigongti.kernel.intake.models import Batch
from yigongti.kernel.intake.processing import process

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 2, 9, 0, tzinfo=clock.ZONE)


def signed_in(role: Role, organisation_id: int) -> Client:
    account = Account.objects.create(
        username=f"{role}-{organisation_id}",
        name="王专员",
        home_organisation_id=organisation_id,
        must_change_password=False,
        created_at=NOW,
        password_changed_at=clock.now(),
    )
    Grant.objects.create(
        account=account, role=role, organisation_id=organisation_id, starts_on=LONG_AGO, granted_at=NOW
    )
    client = Client()
    client.force_login(account)
    return client


@pytest.fixture
def officer(here):
    return signed_in(Role.DATA_OFFICER, here.hospital)


def post(client, here, data, name="a.csv", **more):
    return client.post(
        reverse("intake:send"),
        {"source": here.hospital, "files": SimpleUploadedFile(name, data), "extract": "", **more},
    )


def text(response) -> str:
    return unescape(response.content.decode())


def test_send_watch_read_download(here, officer):
    assert "数据文件" in text(officer.get(reverse("intake:send")))
    data = table([encounter(1), encounter(2, 就诊类别="体检"), encounter(3, 总费用="x")])
    answer = post(officer, here, data)
    batch = Batch.objects.unscoped("test").get()
    assert (answer.status_code, answer.url) == (302, batch.get_absolute_url())

    waiting = text(officer.get(batch.get_absolute_url()))
    assert "等待处理" in waiting and reverse("intake:progress", args=[batch.pk]) in waiting
    assert "HX-Refresh" not in officer.get(reverse("intake:progress", args=[batch.pk]))

    process(batch.pk)
    assert officer.get(reverse("intake:progress", args=[batch.pk]))["HX-Refresh"] == "true"
    receipt = text(officer.get(batch.get_absolute_url()))
    assert "已完成" in receipt and "就诊类别" in receipt and "体检" in receipt

    download = officer.get(reverse("intake:refused", args=[batch.pk]))
    assert "a__refused.csv" in download["Content-Disposition"]
    body = b"".join(download.streaming_content).decode("utf-8-sig")
    assert len(body.splitlines()) == 3 and "拒绝原因" in body

    listed = text(officer.get(reverse("intake:batches")))
    assert "a.csv" in listed and "某市医院" in listed


def test_the_same_file_again_says_so(here, officer):
    data = table([encounter(1)])
    send(data, here.hospital)
    answer = officer.post(
        reverse("intake:send"),
        {"source": here.hospital, "files": SimpleUploadedFile("b.csv", data), "extract": ""},
        follow=True,
    )
    assert "此文件已于" in text(answer)
    assert Batch.objects.unscoped("test").count() == 1


def test_a_refused_file_says_why(here, officer):
    post(officer, here, b"color,size\nred,3\n")
    batch = process(Batch.objects.unscoped("test").get().pk)
    page = text(officer.get(batch.get_absolute_url()))
    assert "没有存入任何内容" in page and "模板" in page


def test_an_empty_file_has_a_receipt_too(here, officer):
    post(officer, here, b"")
    assert Batch.objects.unscoped("test").get().refusal_code == "empty_file"


def test_several_files_at_once(here, officer):
    files = [SimpleUploadedFile(f"{n}.csv", table([encounter(n)])) for n in range(3)]
    answer = officer.post(reverse("intake:send"), {"source": here.hospital, "files": files, "extract": ""})
    assert answer.url == reverse("intake:batches")
    assert Batch.objects.unscoped("test").count() == 3


def test_what_is_declared_too_large_is_answered_unread(here, officer):
    answer = officer.generic(
        "POST", reverse("intake:send"), b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(2**31)
    )
    assert answer.status_code == 413
    assert "上限 1 GB" in text(answer)
    assert not Batch.objects.unscoped("test").exists()


def test_a_forged_form_is_refused(here):
    client = signed_in(Role.DATA_OFFICER, here.hospital)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert post(strict, here, table([encounter(1)])).status_code == 403
    assert not Batch.objects.unscoped("test").exists()


def test_nobody_sends_for_or_sees_others(here, officer):
    assert post(signed_in(Role.DATA_OFFICER, here.clinic), here, table([encounter(1)])).status_code == 422
    batch = send(table([encounter(1), encounter(2, 总费用="x")]), here.hospital)
    stranger = Client()
    other = Account.objects.get(home_organisation_id=here.clinic)
    stranger.force_login(other)
    for name in ("receipt", "progress", "refused"):
        assert stranger.get(reverse(f"intake:{name}", args=[batch.pk])).status_code == 404
        assert officer.get(reverse(f"intake:{name}", args=[batch.pk])).status_code == 200
    assert "a.csv" not in text(stranger.get(reverse("intake:batches")))
    assert signed_in(Role.DOCTOR, here.hospital).get(reverse("intake:batches")).status_code == 403
    assert Client().get(reverse("intake:batches")).status_code == 302


def test_who_may_count_but_not_read_sees_no_rows(here):
    batch = send(table([encounter(1, 总费用="x")]), here.hospital)
    auditor = signed_in(Role.AUDITOR, here.hospital)
    page = text(auditor.get(batch.get_absolute_url()))
    assert "拒绝的原因" in page and "被拒绝的行" not in page
    assert auditor.get(reverse("intake:refused", args=[batch.pk])).status_code == 403


def test_templates_can_be_sent_back(here, officer):
    page = text(officer.get(reverse("intake:templates")))
    assert "就诊流水号" in page
    for format_name in ("csv", "xlsx"):
        answer = officer.get(reverse("intake:template", args=[format_name, "encounters"]))
        assert f"encounters.{format_name}" in answer["Content-Disposition"]
        batch = send(answer.content, here.hospital, f"encounters.{format_name}")
        assert batch.refusal_code == "no_rows"  # a sound header, and nothing filled in yet
    assert officer.get(reverse("intake:template", args=["csv", "nothing"])).status_code == 404


def test_english(here, officer):
    batch = send(table([encounter(1, 总费用="x")]), here.hospital)
    officer.cookies["django_language"] = "en"
    page = text(officer.get(batch.get_absolute_url()))
    assert "Refused rows" in page and "拒绝" not in page.replace("拒绝原因", "")
