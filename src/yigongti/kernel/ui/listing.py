"""Lists: columns, filters, sorting, paging and export over one scoped queryset.

A list page is ``return Listing(request, rows, name=…, columns=…).render("app/list.html")`` with
``<c-listing :listing="listing" />`` in the template. Promises: input that makes no sense is said beside its filter
and never an error page; the count stops at ``count_to`` rather than scan a million rows; an export has the same rows
as the list, says who made it when, and is in the audit trail; a cell never becomes a formula in a spreadsheet.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from yigongti.kernel.access.api import Permission
from yigongti.kernel.money import yuan
from yigongti.kernel.ui import words
from yigongti.kernel.ui.filters import Filter, Shown
from yigongti.kernel.ui.paging import Pages, keyset_pages, offset_pages

Row = Any
Kind = Literal["text", "number", "yuan", "share", "day", "moment", "due", "tag"]
_FIGURES = {"number", "yuan", "share"}
_SIZES = (25, 50, 100)


@dataclass(frozen=True)
class Column:
    """One column. ``name`` is an attribute path (``institution.name``) unless ``value`` computes the value of a row.

    ``kind``: number; yuan (value in fen); share (0–1, shown as percent); day; moment; due (a deadline, in words);
    tag (``tag`` gives its colour: good, attention, bad, info). ``href`` links the cell; ``lead`` makes it the row's
    heading; ``sort`` is the ORM name to order by; ``html`` draws the cell itself (return a SafeString);
    ``on_page`` / ``in_export`` leave the column out of one of the two. ``chinese``: the words were stored in Chinese,
    whatever the language of the page.
    """

    name: str
    label: str | Promise
    value: Callable[[Row], Any] | None = None
    kind: Kind = "text"
    href: Callable[[Row], str | None] | None = None
    tag: Callable[[Row], str] | None = None
    html: Callable[[Row], SafeString] | None = None
    sort: str | None = None
    lead: bool = False
    on_page: bool = True
    in_export: bool = True
    chinese: bool = False

    def of(self, row: Row) -> Any:
        """The raw value of a row."""
        if self.value is not None:
            return self.value(row)
        found = row
        for part in self.name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else getattr(found, part, None)
            if found is None:
                return None
        return found

    def text(self, row: Row) -> str:
        """The value as people read it, the same on the page and in a CSV."""
        value = self.of(row)
        if value is None:
            return ""
        match self.kind:
            case "yuan":
                return yuan(value)
            case "share":
                return f"{value * 100:.1f}%"
            case "day":
                return words.day(value)
            case "moment":
                return words.moment(value)
            case "due":
                return words.due(value)
            case "number":
                return f"{value:,}" if isinstance(value, int | float) else str(value)
            case _:
                return str(value)

    def cell(self, row: Row) -> str:
        """The cell's HTML, escaped."""
        if self.html is not None:
            return _escaped(self.html(row))
        text = _escaped(self.text(row))
        if self.kind == "tag" and text:
            colour = self.tag(row) if self.tag else ""
            text = f'<span class="tag{f" tag--{_escaped(colour)}" if colour else ""}">{text}</span>'
        elif self.kind == "due" and text and words.overdue(self.of(row)):
            text = f'<span class="tag tag--bad">{text}</span>'
        if self.chinese and text:
            text = f'<span lang="zh-Hans">{text}</span>'
        address = self.href(row) if self.href and text else None
        return f'<a href="{_escaped(address)}">{text}</a>' if address else text


def _escaped(text: object) -> str:
    """Text as HTML; what is safe already stays. (Django's own does the same by way of three calls, for every cell.)"""
    return text if isinstance(text, SafeString) else escape(str(text))


@dataclass(frozen=True)
class Heading:
    """A column's head as the page shows it."""

    label: str
    number: bool
    query: str | None
    direction: Literal["ascending", "descending", ""]


class Listing:
    """See the module. ``order`` is the order without a choice of the reader's; it should end in a unique column.

    ``keyset``: page by position instead of by number (for tables of millions); ``order`` then names non-null columns.
    ``export``: the permission to export, or None for no export. ``total``: a count already known.
    """

    def __init__(
        self,
        request: HttpRequest,
        rows: "QuerySet[Any] | Sequence[Any]",
        *,
        name: str,
        title: str | Promise,
        columns: Sequence[Column],
        filters: Sequence[Filter] = (),
        order: Sequence[str] = (),
        page_size: int = 25,
        keyset: bool = False,
        export: Permission | None = None,
        count_to: int = 10_000,
        total: int | None = None,
        empty: str | Promise = "",
    ) -> None:
        self.request = request
        self.name, self.title = name, str(title)
        self.columns = tuple(columns)
        self.order = tuple(order)
        self.keyset, self.count_to, self._total = keyset, count_to, total
        self.empty = str(empty)
        actor = request.actor  # type: ignore[attr-defined]
        self.may_export = export is not None and actor is not None and actor.may(export)
        asked = request.GET.get("size", "")
        self.page_size = int(asked) if asked.isdecimal() and int(asked) in _SIZES else page_size
        self.filters: list[Shown] = [one.read(request.GET) for one in filters]
        for shown in self.filters:
            rows = shown.apply(rows)
        self.rows = self._ordered(rows)

    # ---- what the template reads ----

    @property
    def narrowed(self) -> bool:
        """Whether any filter is in use."""
        return any(shown.in_use for shown in self.filters)

    @cached_property
    def page(self) -> Pages:
        """The rows of this page and the way to the others."""
        asked = self.request.GET.get("page", "")
        if self.keyset and isinstance(self.rows, QuerySet):
            return keyset_pages(self.rows, asked, self.page_size)
        return offset_pages(self.rows, asked, self.page_size, self.count_to, self._total)

    @property
    def headings(self) -> list[Heading]:
        """The heads of the columns with the links that sort by them."""
        heads = []
        for column in self._on_page:
            query, direction = None, ""
            if column.sort:
                chosen, down = self._sort
                here = chosen == column.name
                direction = ("descending" if down else "ascending") if here else ""
                query = self.query(sort=f"-{column.name}" if here and not down else column.name, page=None)
            heads.append(Heading(str(column.label), column.kind in _FIGURES, query, direction))  # type: ignore[arg-type]
        return heads

    @property
    def body(self) -> SafeString:
        """The table's rows, built here rather than in a template: a list page is mostly its rows."""
        columns = [
            (
                column,
                "th" if column.lead else "td",
                _escaped(str(column.label)),
                "number" if column.kind in _FIGURES else "nowrap" if column.kind in {"day", "moment"} else "",
            )
            for column in self._on_page
        ]
        parts: list[str] = []
        for row in self.page.rows:
            parts.append("<tr>")
            for column, tag, label, style in columns:
                cell = column.cell(row)
                style = f"{style} lead" if column.lead else style
                style = style if cell else f"{style} is-empty"
                scope = ' scope="row"' if tag == "th" else ""
                parts.append(f'<{tag}{scope} class="{style.strip()}" data-label="{label}">{cell}</{tag}>')
            parts.append("</tr>")
        return mark_safe("".join(parts))  # noqa: S308  every cell is escaped by Column.cell

    @property
    def tight(self) -> bool:
        """Whether the reader asked for narrow rows."""
        return self.request.GET.get("rows", self.request.COOKIES.get("rows")) == "tight"

    @property
    def query_tight(self) -> str:
        return self.query(rows="wide" if self.tight else "tight")

    @property
    def query_csv(self) -> str:
        return self.query(export="csv", page=None)

    @property
    def query_xlsx(self) -> str:
        return self.query(export="xlsx", page=None)

    @property
    def page_links(self) -> list[tuple[str, str, bool]]:
        """(words, query, is this page) of the numbered pages near this one; empty words for a gap."""
        return [
            (str(number) if number else "", self.query(page=number) if number else "", number == self.page.number)
            for number in self.page.numbers
        ]

    @property
    def query_before(self) -> str | None:
        return self.query(page=self.page.before) if self.page.before is not None else None

    @property
    def query_after(self) -> str | None:
        return self.query(page=self.page.after) if self.page.after is not None else None

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Parameters a filter form has to carry along."""
        return [(k, v) for k in ("sort", "size") if (v := self.request.GET.get(k))]

    def query(self, **changes: object) -> str:
        """This page's query string with parameters changed; None removes one."""
        parameters = self.request.GET.copy()
        parameters.pop("export", None)
        for key, value in changes.items():
            if value is None:
                parameters.pop(key, None)
            else:
                parameters[key] = str(value)
        return f"?{parameters.urlencode()}"

    # ---- answering ----

    def render(
        self, template: str, context: Mapping[str, Any] | None = None, *, as_: str = "listing"
    ) -> HttpResponseBase:
        """The page, or the export the reader asked for."""
        if self.request.GET.get("export") in {"csv", "xlsx"} and self.may_export:
            from yigongti.kernel.ui.export import export

            return export(self, self.request.GET["export"])
        response: HttpResponse = render(self.request, template, {**(context or {}), as_: self})
        if (rows := self.request.GET.get("rows")) in {"tight", "wide"}:
            response.set_cookie("rows", rows, max_age=365 * 24 * 3600, samesite="Lax", httponly=True)
        return response

    def export_rows(self) -> Iterator[Row]:
        """All rows of the list, in order, a chunk at a time."""
        if isinstance(self.rows, QuerySet):
            return self.rows.iterator(chunk_size=2000)
        return iter(self.rows)

    @property
    def export_columns(self) -> list[Column]:
        return [column for column in self.columns if column.in_export]

    @property
    def described(self) -> str:
        """The filters in use, in words."""
        return words.joined([f"{shown.label}：{shown.words}" for shown in self.filters if shown.in_use]) or _("无")

    # ---- inside ----

    @property
    def _on_page(self) -> list[Column]:
        return [column for column in self.columns if column.on_page]

    @property
    def _sort(self) -> tuple[str, bool]:
        asked = self.request.GET.get("sort", "")
        name = asked.removeprefix("-")
        known = any(column.name == name and column.sort for column in self.columns)
        return (name, asked.startswith("-")) if known and not self.keyset else ("", False)

    def _ordered(self, rows: "QuerySet[Any] | Sequence[Any]") -> "QuerySet[Any] | Sequence[Any]":
        name, down = self._sort
        column = next((c for c in self.columns if c.name == name), None)
        if isinstance(rows, QuerySet):
            if column is not None:
                return rows.order_by(f"-{column.sort}" if down else str(column.sort), *self.order)
            return rows.order_by(*self.order) if self.order else rows
        if column is not None:
            return sorted(rows, key=lambda row: ((v := column.of(row)) is None, v), reverse=down)
        return rows
