"""The pages of code systems and the code picker, through the browser's eyes."""

from pathlib import Path

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.test import Client

from yigongti.domains.base.terminology.models import Edition
from yigongti.domains.base.terminology.services import load_shipped
from yigongti.domains.base.terminology.tests.factories import ACTOR
from yigongti.domains.base.terminology.web.fields import CodeField
from yigongti.kernel.access.api import Role, create_account, grant_role
from yigongti.kernel.access.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _codes() -> None:
    load_shipped(ACTOR)


def signed_in(role: Role) -> Client:
    account_id = create_account(f"{role}", "测试员", organisation_id=1, password="Long-Pass-9", actor=ACTOR)
    grant_role(account_id, role, organisation_id=1, actor=ACTOR)
    Account.objects.filter(pk=account_id).update(must_change_password=False)
    client = Client()
    client.force_login(Account.objects.get(pk=account_id))
    return client


def test_everybody_on_the_staff_reads_and_strangers_do_not() -> None:
    assert Client().get("/terminology/").status_code == 302
    doctor = signed_in(Role.VILLAGE_DOCTOR)
    page = doctor.get("/terminology/").content.decode()
    assert "疾病诊断编码" in page and "部分编码" in page
    assert doctor.get("/terminology/none/").status_code == 404
    assert doctor.get("/terminology/icd10/import/").status_code == 403


def test_searching_and_browsing() -> None:
    doctor = signed_in(Role.DOCTOR)
    assert "I10.x00x002" in doctor.get("/terminology/icd10/", {"q": "gxy"}).content.decode()
    assert "没有查到编码" in doctor.get("/terminology/icd10/", {"q": "查无此病"}).content.decode()
    page = doctor.get("/terminology/icd10/", {"parent": "E11"}).content.decode()
    assert "E11.900" in page and "I10" not in page
    second = doctor.get("/terminology/icd10/", {"page": 2}).content.decode()
    assert "2 / " in second


@pytest.mark.parametrize(
    "address",
    [
        "/terminology/icd10/?q=%00",
        "/terminology/icd10/?q=I10%00",
        "/terminology/icd10/?parent=%00",
        "/terminology/lookup/?system=icd10&q=%00",
        "/terminology/lookup/?system=%00&q=I10",
    ],
)
def test_a_nul_is_as_if_it_were_not_there(address: str) -> None:
    assert signed_in(Role.DOCTOR).get(address).status_code == 200


def test_a_nul_in_a_code_field_is_answered_at_the_field() -> None:
    class Form(forms.Form):
        code = CodeField("icd10")

    form = Form(QueryDict("code=I10%00"))
    assert "I10" in str(form) and "\x00" not in str(form)


def test_english() -> None:
    doctor = signed_in(Role.DOCTOR)
    doctor.cookies["django_language"] = "en"
    page = doctor.get("/terminology/icd10/").content.decode()
    assert "Diagnoses (ICD-10, insurance edition)" in page and "Some of the codes" in page


def test_importing_on_the_page() -> None:
    officer = signed_in(Role.DATA_OFFICER)
    sent = {"version": "2.0", "starts_on": "2024-01-01"}
    bad = SimpleUploadedFile("codes.csv", "code,name\nA00,霍乱\nA00,霍乱\n".encode())
    answer = officer.post("/terminology/icd10/import/", {**sent, "file": bad})
    assert answer.status_code == 422 and "第 3 行" in answer.content.decode()
    assert Edition.objects.filter(version="2.0").count() == 0
    none = SimpleUploadedFile("codes.csv", b"a,b\n1,2\n")
    assert officer.post("/terminology/icd10/import/", {**sent, "file": none}).status_code == 422
    good = SimpleUploadedFile("codes.csv", "code,name\nA00,霍乱\n".encode())
    answer = officer.post("/terminology/icd10/import/", {**sent, "file": good}, follow=True)
    assert "新增 1 个" in answer.content.decode()
    edition = Edition.objects.get(version="2.0")
    assert (edition.source, edition.concept_count, edition.imported_by) == ("codes.csv", 1, "测试员")


def test_the_look_up_answers_with_radio_buttons_of_the_fields_name() -> None:
    doctor = signed_in(Role.DOCTOR)
    found = doctor.get("/terminology/lookup/", {"system": "icd10", "name": "diagnosis", "diagnosis": "gxy"})
    assert '<input type="radio" name="diagnosis" value="I10.x00x002">' in found.content.decode()
    hostile = doctor.get("/terminology/lookup/", {"system": "icd10", "name": '"><script>', "q": "gxy"})
    assert "<script>" not in hostile.content.decode()


class PickerForm(forms.Form):
    diagnosis = CodeField("icd10", required=False)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("diagnosis=I10.x00x002", "I10.x00x002"),
        ("diagnosis=gxy&diagnosis=I10.x00x002", "I10.x00x002"),
        ("diagnosis=普通感冒", "J00.x00"),
        ("diagnosis=", ""),
        ("diagnosis=高血压", None),
        ("diagnosis=nothing-like-it", None),
    ],
)
def test_a_code_field_takes_a_code_or_the_only_one_found(sent: str, code: str | None) -> None:
    form = PickerForm(QueryDict(sent))
    assert form.is_valid() is (code is not None)
    assert form.cleaned_data.get("diagnosis") == code
    drawn = str(form["diagnosis"])
    assert 'hx-target="#id_diagnosis_found"' in drawn and "hx-get=" in drawn


def test_command_line(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from yigongti.domains.base.terminology.cli import find, import_

    path = tmp_path / "codes.csv"
    path.write_text("code,name\nA00,霍乱\n", encoding="utf-8")
    arguments = [str(path), "--system", "icd10", "--version", "2.0", "--from", "2024-01-01"]
    # the callbacks themselves: in the real command line each first makes the database reachable
    done = CliRunner().invoke(import_, arguments)
    assert done.exit_code == 0 and "1 added" in done.output
    assert "0 added" in CliRunner().invoke(import_, arguments).output
    assert "A00\t霍乱" in CliRunner().invoke(find, ["icd10", "hl"]).output
    wrong = CliRunner().invoke(import_, [*arguments[:2], "none", *arguments[3:]])
    assert wrong.exit_code == 1 and "icd10" in wrong.output
