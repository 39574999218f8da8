"""The certificate on paper: one page of A4, with a QR code to check it by. Chinese in the readers' own Song face
(STSong-Light, a standard CID font), so that no font file has to be on the server."""

import io
from collections.abc import Iterator
from datetime import date
from itertools import groupby

import segno
from django.utils import translation
from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from yigongti.domains.care.referrals.certificates import CertificateView
from yigongti.kernel import clock

FONT, LATIN = "STSong-Light", "Helvetica"
LEFT, RIGHT = 25 * mm, 185 * mm
QR_SIZE = 34 * mm


def draw(certificate: CertificateView, *, name: str, id_number: str, address: str) -> bytes:
    """The PDF, in Chinese whoever prints it: it is a paper for the insurance. ``name`` and ``id_number`` as they are to
    stand on it; ``address`` is what the QR code holds."""
    with translation.override("zh-hans"):
        return _draw(certificate, name, id_number, address)


def _draw(certificate: CertificateView, name: str, id_number: str, address: str) -> bytes:
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setTitle(f"{_('县域外转诊证明')} {certificate.number}")
    title = _("县域外转诊证明")
    _write(canvas, (A4[0] - _width(title, 22)) / 2, 262 * mm, title, 22)
    _write_to(canvas, RIGHT, 250 * mm, f"{_('编号')}：{certificate.number}", 11)
    y = 240 * mm
    for label, value in _lines(certificate, name, id_number):
        y = _line(canvas, y, label, value)
    y -= 6 * mm
    if certificate.state == "revoked":
        _write(canvas, LEFT, y, _("本证明已撤销"), 20)
    y -= 10 * mm
    _write_to(canvas, RIGHT, y, f"{_('签发机构')}：{certificate.issuer_name}", 11)
    _write_to(canvas, RIGHT, y - 8 * mm, f"{_('签发人')}：{certificate.issued_by_name}", 11)
    _write_to(canvas, RIGHT, y - 16 * mm, _day(certificate.issued_at.astimezone(clock.ZONE).date()), 11)
    _qr(canvas, LEFT, 30 * mm, address)
    beside = LEFT + QR_SIZE + 6 * mm
    _write(
        canvas, beside, 50 * mm, _("扫码核验真伪和是否有效。核验页面只显示编号、隐去部分的姓名、机构和有效期。"), 8.5
    )
    _write(canvas, beside, 44 * mm, _("本证明用于医保转外就医备案和结算，请妥善保管。"), 8.5)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _runs(text: str) -> Iterator[tuple[str, str]]:
    """Pieces of a text with their face: digits and Latin letters in Helvetica, since a reader that puts another face in
    the place of Song may have none of them."""
    for plain, letters in groupby(text, key=lambda letter: letter.isascii()):
        yield LATIN if plain else FONT, "".join(letters)


def _width(text: str, size: float) -> float:
    return sum(float(pdfmetrics.stringWidth(piece, face, size)) for face, piece in _runs(text))


def _write(canvas: Canvas, x: float, y: float, text: str, size: float) -> None:
    for face, piece in _runs(text):
        canvas.setFont(face, size)
        canvas.drawString(x, y, piece)
        x += float(pdfmetrics.stringWidth(piece, face, size))


def _write_to(canvas: Canvas, right: float, y: float, text: str, size: float) -> None:
    _write(canvas, right - _width(text, size), y, text, size)


def _lines(certificate: CertificateView, name: str, id_number: str) -> list[tuple[str, str]]:
    kinds = [_("住院") if certificate.inpatient else _("门诊")] + ([_("急诊")] if certificate.emergency else [])
    return [
        (_("姓名"), name),
        (_("证件号码"), id_number),
        (_("转出机构"), certificate.origin_name),
        (_("转入机构"), f"{certificate.destination_name} {certificate.destination_region}".strip()),
        (_("诊断"), f"{certificate.diagnosis}（{certificate.diagnosis_code}）"),
        (_("就医类别"), "、".join(kinds)),
        (_("有效期"), _("%(first)s 至 %(last)s") % {
            "first": _day(certificate.valid_from), "last": _day(certificate.valid_until)}),
        (_("参保地区划代码"), certificate.insured_division),
    ]  # fmt: skip


def _line(canvas: Canvas, y: float, label: str, value: str) -> float:
    """One line of the table, its value broken where it is too long; returns where the next one begins."""
    _write(canvas, LEFT, y, label, 12)
    room, line = RIGHT - LEFT - 42 * mm, ""
    for letter in value or "–":
        if _width(line + letter, 12) > room:
            _write(canvas, LEFT + 40 * mm, y, line, 12)
            y, line = y - 7 * mm, ""
        line += letter
    _write(canvas, LEFT + 40 * mm, y, line, 12)
    canvas.setLineWidth(0.3)
    canvas.line(LEFT, y - 3 * mm, RIGHT, y - 3 * mm)
    return y - 11 * mm


def _qr(canvas: Canvas, x: float, y: float, text: str) -> None:
    code = segno.make(text, error="m", micro=False)
    rows = list(code.matrix_iter(scale=1, border=2))
    side = QR_SIZE / len(rows)
    for down, row in enumerate(rows):
        for across, dark in enumerate(row):
            if dark:
                top = y + QR_SIZE - (down + 1) * side
                canvas.rect(x + across * side, top, side, side, stroke=0, fill=1)


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
