"""Governing documents: cutting, comparing, recording, and that a version can't be edited."""

import hashlib
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import ProgrammingError, transaction
from hypothesis import given
from hypothesis import strategies as st
from tests.support.people import person

from yigongti.domains.base.organisation.formulas import Section, compare, sections_of, text_of
from yigongti.domains.base.organisation.models import Document, DocumentVersion
from yigongti.domains.base.organisation.services import documents
from yigongti.domains.base.organisation.services.tree import OrganisationRefused
from yigongti.domains.base.organisation.tests.factories import county_with_two_areas
from yigongti.kernel.access.api import Forbidden

CHARTER = """昆山市医共体章程

第一章 总则
第一条 本医共体由市一院和中医院牵头。
各单位法人资格不变。
第二章 组织
理事会每季度召开一次会议。
"""


def test_cut_at_its_headings():
    assert sections_of(CHARTER) == [
        Section("", "昆山市医共体章程"),
        Section("第一章 总则", ""),
        Section("第一条", "本医共体由市一院和中医院牵头。\n各单位法人资格不变。"),
        Section("第二章 组织", "理事会每季度召开一次会议。"),
    ]
    assert sections_of("# 一\r\n甲\r\n一、二\n乙\n二、丙。") == [
        Section("一", "甲"),
        Section("一、二", "乙"),
        Section("二、", "丙。"),
    ]
    assert sections_of(" \n ") == []


LINES = [
    "第一章 总则",
    "第二条 会议",
    "第三条",
    "一、目标",
    "二、提高。",
    "# 附则",
    "# 第三章",
    "会议每季度一次。",
    "",
    "  ",
    "第四",
]


@given(st.lists(st.sampled_from(LINES), max_size=8))
def test_the_text_of_sections_is_cut_into_them_again(lines):
    sections = sections_of("\n".join(lines))
    assert sections_of(text_of(sections)) == sections


def test_compared_by_hand():
    older = [Section("一", "每季度一次会议。"), Section("二", "不变。"), Section("三", "去掉。")]
    newer = [Section("一", "每月度一次会议。"), Section("二", "不变。"), Section("四", "新加。")]
    changes = compare(older, newer)
    assert [(c.heading, c.change) for c in changes] == [
        ("一", "changed"),
        ("二", "same"),
        ("三", "removed"),
        ("四", "added"),
    ]
    assert [(p.change, p.text) for p in changes[0].pieces] == [
        ("same", "每"),
        ("removed", "季"),
        ("added", "月"),
        ("same", "度一次会议。"),
    ]


versions = st.lists(st.builds(Section, st.sampled_from("甲乙丙丁"), st.text("会议一二\n", max_size=12)), max_size=5)


@given(versions, versions)
def test_a_comparison_holds_both_texts(older, newer):
    changes = compare(older, newer)

    def read(kept, gone):
        return [
            (c.heading, "".join(p.text for p in c.pieces if p.change in ("same", kept)))
            for c in changes
            if c.change != gone
        ]

    assert read("removed", "added") == [(s.heading, s.text) for s in older]
    assert read("added", "removed") == [(s.heading, s.text) for s in newer]


WHEN = {"adopted_by": "理事会第一次会议", "adopted_on": date(2025, 11, 1), "in_force_from": date(2025, 12, 1)}
PDF = b"%PDF-1.7 charter"


@pytest.fixture
def made(db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return county_with_two_areas()


def charter(made, **changes):
    fields = {"kind": "charter", "title": "章程", "text": CHARTER, **WHEN, **changes}
    return documents.add_document(made["consortium"].pk, actor=keeper(made), **fields)


def keeper(made):
    return person("guidance_officer", made["county"].pk, name="王主任")


def test_versions_count_up_and_stay(made):
    first = charter(made)
    second = documents.add_version(
        first.document_id, actor=keeper(made), text=CHARTER.replace("季度", "月"), note="加密会议", **WHEN
    )
    assert (first.number, second.number, second.recorded_by) == (1, 2, "王主任")
    for change in (
        lambda: DocumentVersion.objects.filter(pk=first.pk).update(adopted_by="别人"),
        lambda: DocumentVersion.objects.filter(pk=first.pk).delete(),
    ):
        with pytest.raises(ProgrammingError), transaction.atomic():
            change()
    assert DocumentVersion.objects.get(pk=first.pk).adopted_by == "理事会第一次会议"


def test_a_file_is_kept_under_its_hash(made):
    version = charter(made, text="", upload=SimpleUploadedFile("章程.pdf", PDF))
    assert version.file_sha256 == hashlib.sha256(PDF).hexdigest()
    assert documents.stored_file(version.file_sha256).read_bytes() == PDF
    assert (version.file_name, version.file_size) == ("章程.pdf", len(PDF))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"text": " "}, "正文"),
        ({"adopted_by": " "}, "谁通过"),
        ({"in_force_from": date(2025, 10, 1)}, "施行日期"),
        ({"upload": SimpleUploadedFile("章程.exe", b"MZ")}, "PDF"),
        ({"upload": SimpleUploadedFile("章程.pdf", b"<html>")}, "后缀"),
        ({"upload": SimpleUploadedFile("章程.pdf", b"")}, "后缀"),
    ],
)
def test_refused_and_nothing_kept(made, changes, sentence, tmp_path):
    with pytest.raises(OrganisationRefused, match=sentence):
        charter(made, **changes)
    assert not Document.objects.exists()
    assert [f for f in tmp_path.rglob("*") if f.is_file()] == []


def test_too_large(made, monkeypatch):
    monkeypatch.setattr(documents, "MAX_BYTES", 10)
    with pytest.raises(OrganisationRefused, match="20 MB"):
        charter(made, upload=SimpleUploadedFile("章程.pdf", PDF))


def test_one_title_once(made):
    charter(made)
    with pytest.raises(OrganisationRefused, match="同名"):
        charter(made)


@pytest.mark.parametrize(("role", "key"), [("doctor", "consortium"), ("director", "east"), ("system_admin", "county")])
def test_kept_only_by_its_own_head_or_the_guidance_centre(made, role, key):
    actor = person(role, made[key].pk)
    with pytest.raises(Forbidden):
        documents.add_document(made["consortium"].pk, actor=actor, kind="charter", title="章程", text="甲", **WHEN)
    first = charter(made)
    with pytest.raises(Forbidden):
        documents.add_version(first.document_id, actor=actor, text="乙", **WHEN)
