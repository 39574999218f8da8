"""The entries of a record as HTML, built here rather than in a template: a record is mostly its entries."""

from html import escape

from django.template.defaultfilters import linebreaksbr
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from yigongti.domains.base.health_record.fact_view import FactView
from yigongti.domains.base.health_record.models import FactKind
from yigongti.domains.base.health_record.selectors import Day, Entry
from yigongti.kernel import clock
from yigongti.kernel.money import yuan
from yigongti.kernel.ui import words

_COLOURS = {FactKind.ENCOUNTER.value: " tag--brand", FactKind.CLAIM.value: " tag--info"}


def body(day: Day) -> SafeString:
    """What happened on a day: an ``article`` per entry. Every word from a source is escaped."""
    return mark_safe("\n".join(_article(entry) for entry in day.entries))  # noqa: S308  escaped below, word by word


def _article(entry: Entry) -> str:
    fact = entry.fact
    parts = ["<article>\n", _head(fact), _where(fact), _usage(fact), _content(fact), _money(fact)]
    if entry.parts:
        parts += ['<ul class="prose">\n', *(_part(part) for part in entry.parts), "\n</ul>\n"]
    parts.append("</article>")
    return "".join(parts)


def _head(fact: FactView) -> str:
    named = " · ".join(escape(said) for said in (fact.setting_label, fact.display) if said)
    parts = [
        f'<h3 class="row">\n<span class="tag{_COLOURS.get(fact.kind, "")}">{escape(fact.kind_label)}</span>\n'
        f"<span>{named}</span>\n"
    ]
    if fact.result:
        parts.append(f'<span class="number">{escape(fact.result)} {escape(fact.unit)}</span>\n')
    if not fact.inside_county:
        parts.append(f'<span class="tag tag--attention">{escape(_("县域外"))}</span>\n')
    if fact.tcm:
        parts.append(f'<span class="tag">{escape(_("中医"))}</span>\n')
    parts.append("</h3>\n")
    return "".join(parts)


def _where(fact: FactView) -> str:
    """When on the day, where, by whom, under which code, and until when it lasted."""
    said = []
    if fact.timed:
        said.append(fact.happened_at.astimezone(clock.ZONE).strftime("%H:%M"))
    said.append(escape(fact.institution))
    said += [escape(one) for one in (fact.department, fact.practitioner) if one]
    if fact.code:
        said.append(f'<span class="mono">{escape(fact.code)}</span>')
    if fact.ended_at:
        said.append(escape(_("至 %(at)s") % {"at": words.moment(fact.ended_at)}))
    return f'<p class="soft">{" · ".join(said)}</p>\n'


def _usage(fact: FactView) -> str:
    usage, days = fact.detail.get("usage"), fact.detail.get("days")
    if not usage and not days:
        return ""
    lasting = f" {escape(_('%(days)s 天') % {'days': days})}" if days else ""
    return f"<p>{escape(str(usage or ''))}{lasting}</p>\n"


def _content(fact: FactView) -> str:
    content = fact.detail.get("content")
    if not content:
        return ""
    text = linebreaksbr(str(content))  # escapes, too
    return f'<details><summary>{escape(_("全文"))}</summary><p class="read">{text}</p></details>\n'


def _money(fact: FactView) -> str:
    if fact.total_fen is None:
        return ""
    said = [f"{escape(_('费用'))} {_yuan(fact.total_fen)} {escape(_('元'))}"]
    if fact.fund_fen is not None:
        said += [f"{escape(_('基金'))} {_yuan(fact.fund_fen)}", f"{escape(_('个人'))} {_yuan(fact.self_paid_fen)}"]
    if fact.insurance_label:
        said.append(escape(fact.insurance_label))
    return f"<p>{' · '.join(said)}</p>\n"


def _yuan(amount_fen: int | None) -> str:
    return f'<span class="number">{"" if amount_fen is None else yuan(amount_fen)}</span>'


def _part(part: FactView) -> str:
    """A line below the visit it belongs to."""
    said = [f"<li>{escape(part.kind_label)}：{escape(part.display)}"]
    if part.result:
        said.append(f' <strong class="number">{escape(part.result)}</strong> {escape(part.unit)}')
    if part.code and part.kind == FactKind.CONDITION:
        said.append(f' <span class="mono soft">{escape(part.code)}</span>')
    if usage := part.detail.get("usage"):
        said.append(f' <span class="soft">{escape(str(usage))}</span>')
    said.append("</li>")
    return "".join(said)
