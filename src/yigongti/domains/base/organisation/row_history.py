"""What was changed in an organisation's rows, when and by whom: django-pghistory's events as lines for people."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.base.organisation.models import (
    AllianceMember,
    Identifier,
    Leadership,
    Membership,
    Name,
    Organisation,
    TierPeriod,
)
from yigongti.domains.base.organisation.selectors import names

# Which rows speak of an organisation: model, the column that names it, what a row is called.
_SOURCES: tuple[tuple[type[models.Model], str, Promise], ...] = (
    (Organisation, "pgh_obj_id", gettext_lazy("机构资料")),
    (Name, "organisation_id", gettext_lazy("别名")),
    (Identifier, "organisation_id", gettext_lazy("编码")),
    (TierPeriod, "organisation_id", gettext_lazy("等级")),
    (Membership, "organisation_id", gettext_lazy("隶属关系")),
    (Leadership, "group_id", gettext_lazy("牵头关系")),
    (Leadership, "hospital_id", gettext_lazy("牵头关系")),
    (AllianceMember, "organisation_id", gettext_lazy("联盟")),
)
_LABELS = {
    "insert": gettext_lazy("新登记"),
    "update": gettext_lazy("有变更"),
    "delete": gettext_lazy("已删除"),
}
_SILENT = {"id", "place", "folded", "initials", "organisation"}


@dataclass(frozen=True)
class Change:
    """One version of one row: what happened to it, and each field as "label: before → after"."""

    at: datetime
    what: str
    change: str
    who: str
    fields: tuple[str, ...]


def changes(organisation_id: int, limit: int = 200) -> list[Change]:
    """The last changes of an organisation and the rows around it, newest first."""
    found: list[Change] = []
    for model, column, called in _SOURCES:
        found += _changes_of(model, {column: organisation_id}, called)
    return sorted(found, key=lambda change: change.at, reverse=True)[:limit]


def _changes_of(model: type[models.Model], wanted: dict[str, int], called: Promise) -> Iterator[Change]:
    events = model.pgh_event_model.objects.filter(**wanted).select_related("pgh_context").order_by("pgh_id")  # type: ignore[attr-defined]
    before: dict[int, models.Model] = {}
    for event in events:
        if model is Name and event.use in (Name.Use.OFFICIAL, Name.Use.SHORT):
            continue  # they only repeat the particulars
        earlier = before.get(event.pgh_obj_id)
        fields = tuple(_fields(model, earlier, event))
        before[event.pgh_obj_id] = event
        if fields or event.pgh_label == "delete":
            context = event.pgh_context
            yield Change(
                at=event.pgh_created_at,
                what=str(called),
                change=str(_LABELS[event.pgh_label]),
                who=context.metadata.get("actor", "") if context else "",
                fields=fields,
            )


def _fields(model: type[models.Model], before: models.Model | None, after: models.Model) -> Iterator[str]:
    for field in model._meta.concrete_fields:
        if field.name in _SILENT:
            continue
        was, now = (getattr(row, field.attname, None) if row is not None else None for row in (before, after))
        if was == now or (before is None and now in (None, "", [], False)):
            continue
        words = {"label": field.verbose_name, "now": _words(field, now)}
        if before is None:
            yield _("%(label)s：%(now)s") % words
        else:
            yield _("%(label)s：%(was)s → %(now)s") % {**words, "was": _words(field, was)}


def _words(field: "models.Field[Any, Any]", value: Any) -> str:
    if value in (None, "", []):
        return _("空")
    if isinstance(field, models.ForeignKey):
        if field.related_model is Organisation:
            return names([value]).get(value, str(value))
        return str(field.related_model._default_manager.filter(pk=value).first() or value)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return "、".join(map(str, value))
    return str(value)
