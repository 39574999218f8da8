"""Recording charters, powers-and-duties lists and agreements. A version, once recorded, is never edited."""

import hashlib
import os
import secrets
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from yigongti.domains.base.organisation.formulas import sections_of
from yigongti.domains.base.organisation.models import Document, DocumentVersion
from yigongti.domains.base.organisation.permissions import KEEP_DOCUMENTS
from yigongti.domains.base.organisation.services.tree import OrganisationRefused
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.api import record

MAX_BYTES = 20 * 1024 * 1024
_KINDS_OF_FILE = {  # ending -> how such a file begins
    ".pdf": (b"%PDF-",),
    ".docx": (b"PK\x03\x04",),
    ".doc": (b"\xd0\xcf\x11\xe0",),
    ".ofd": (b"PK\x03\x04",),
}


class Upload(Protocol):
    """A file somebody hands in."""

    name: str | None
    size: int | None

    def chunks(self) -> Iterable[bytes]: ...


def add_document(
    organisation_id: int,
    *,
    actor: Actor,
    kind: str,
    title: str,
    text: str = "",
    upload: Upload | None = None,
    adopted_by: str,
    adopted_on: date,
    in_force_from: date,
) -> DocumentVersion:
    """A new governing document with its first version. Raises Forbidden, OrganisationRefused."""
    actor.require(KEEP_DOCUMENTS, organisation_id)
    try:
        with transaction.atomic():
            document = Document.objects.create(organisation_id=organisation_id, kind=kind, title=title.strip())
            return _record(document, actor, text, upload, adopted_by, adopted_on, in_force_from, "")
    except IntegrityError as error:
        if "organisation_document_title" in str(error):
            raise OrganisationRefused(_("本机构已有同名文件，请在原文件上登记新版本。")) from error
        raise


def add_version(
    document_id: int,
    *,
    actor: Actor,
    text: str = "",
    upload: Upload | None = None,
    adopted_by: str,
    adopted_on: date,
    in_force_from: date,
    note: str = "",
) -> DocumentVersion:
    """The next version of a document. Raises Forbidden, OrganisationRefused."""
    with transaction.atomic():
        document = Document.objects.select_for_update().get(pk=document_id)
        actor.require(KEEP_DOCUMENTS, document.organisation_id)
        return _record(document, actor, text, upload, adopted_by, adopted_on, in_force_from, note)


def _record(
    document: Document,
    actor: Actor,
    text: str,
    upload: Upload | None,
    adopted_by: str,
    adopted_on: date,
    in_force_from: date,
    note: str,
) -> DocumentVersion:
    sections = [{"heading": s.heading, "text": s.text} for s in sections_of(text)]
    if not sections and upload is None:
        raise OrganisationRefused(_("请填写文件正文，或者上传文件。"))
    if not adopted_by.strip():
        raise OrganisationRefused(_("请写明由谁通过。"))
    if in_force_from < adopted_on:
        raise OrganisationRefused(_("施行日期不能早于通过日期。"))
    newest = document.versions.aggregate(Max("number"))["number__max"] or 0
    digest, size = _keep(upload) if upload else ("", 0)
    version = DocumentVersion.objects.create(
        document=document,
        number=newest + 1,
        sections=sections,
        file_name=Path(upload.name or "").name[:200] if upload else "",
        file_sha256=digest,
        file_size=size,
        adopted_by=adopted_by.strip(),
        adopted_on=adopted_on,
        in_force_from=in_force_from,
        note=note.strip(),
        recorded_at=clock.now(),
        recorded_by_id=actor.id,
        recorded_by=actor.name,
    )
    record(
        actor=actor,
        act="organisation.record_document",
        subject=f"document:{document.pk}",
        organisation_id=document.organisation_id,
        detail={"title": document.title, "version": version.number, "sha256": digest},
    )
    return version


def stored_file(sha256: str) -> Path:
    """Where the file with this hash lies."""
    return Path(settings.MEDIA_ROOT) / "organisation" / sha256[:2] / sha256


def _keep(upload: Upload) -> tuple[str, int]:
    """Store a file under its SHA-256, on disk before the row that names it; returns hash and size in bytes."""
    name = (upload.name or "").lower()
    beginnings = next((b for ending, b in _KINDS_OF_FILE.items() if name.endswith(ending)), None)
    if beginnings is None:
        raise OrganisationRefused(_("只接受 PDF、OFD、DOC 和 DOCX 文件。"))
    if (upload.size or 0) > MAX_BYTES:
        raise OrganisationRefused(_("文件不能超过 20 MB。"))
    folder = Path(settings.MEDIA_ROOT) / "organisation"
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{secrets.token_hex(8)}"
    digest, size, begins = hashlib.sha256(), 0, b""
    try:
        with draft.open("xb") as file:
            for chunk in upload.chunks():
                begins = begins or chunk[:8]
                size += len(chunk)
                if size > MAX_BYTES:
                    raise OrganisationRefused(_("文件不能超过 20 MB。"))
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if not begins.startswith(beginnings):
            raise OrganisationRefused(_("文件内容与文件名后缀不符，请确认文件没有损坏。"))
        target = stored_file(digest.hexdigest())
        target.parent.mkdir(exist_ok=True)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return digest.hexdigest(), size
