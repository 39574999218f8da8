"""How dates, spans of time and amounts read, in both languages."""

from datetime import date, datetime, timedelta

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from yigongti.kernel import clock


def day(value: date | datetime | None) -> str:
    """A calendar day: ``2026-11-22``. Empty without a value."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(clock.ZONE).date()
    return value.isoformat()


def moment(value: datetime | None) -> str:
    """A moment to the minute in China: ``2026-11-22 09:30``. Empty without a value."""
    return "" if value is None else value.astimezone(clock.ZONE).strftime("%Y-%m-%d %H:%M")


def due(value: datetime | date | None) -> str:
    """How far off a deadline is, in words: 已超期 3 天, 今天到期, 还有 2 天. Empty without a deadline."""
    if value is None:
        return ""
    now = clock.now()
    if isinstance(value, datetime):
        end, at = value, value.astimezone(clock.ZONE).date()
    else:
        end, at = clock.midnight(value + timedelta(days=1)), value
    days = (at - now.date()).days
    if end < now:
        return _late(now - end, -days)
    if days == 0:
        hours = int((end - now).total_seconds() // 3600)
        if isinstance(value, datetime) and hours < 6:
            return (
                ngettext("还有 %(n)d 小时到期", "还有 %(n)d 小时到期", hours) % {"n": hours}
                if hours
                else _("一小时内到期")
            )
        return _("今天到期")
    if days == 1:
        return _("明天到期")
    return ngettext("还有 %(n)d 天", "还有 %(n)d 天", days) % {"n": days}


def _late(late: timedelta, days: int) -> str:
    if days <= 0:
        hours = int(late.total_seconds() // 3600)
        if hours == 0:
            return _("刚刚超期")
        return ngettext("已超期 %(n)d 小时", "已超期 %(n)d 小时", hours) % {"n": hours}
    return ngettext("已超期 %(n)d 天", "已超期 %(n)d 天", days) % {"n": days}


def overdue(value: datetime | date | None) -> bool:
    """Whether a deadline has passed."""
    if value is None:
        return False
    if isinstance(value, datetime):
        return value < clock.now()
    return value < clock.today()


def age(born: date | None, on: date | None = None) -> str:
    """Age as a ward says it: days in the first month, months in the first two years, then years."""
    if born is None:
        return ""
    on = on or clock.today()
    months = (on.year - born.year) * 12 + on.month - born.month - (on.day < born.day)
    if months < 0:
        return ""
    if months == 0:
        days = (on - born).days
        return ngettext("%(n)d 天", "%(n)d 天", days) % {"n": days}
    if months < 24:
        return ngettext("%(n)d 个月", "%(n)d 个月", months) % {"n": months}
    return ngettext("%(n)d 岁", "%(n)d 岁", months // 12) % {"n": months // 12}


def joined(parts: list[str]) -> str:
    """Words listed one after the other, with the comma of the language."""
    return (", " if (get_language() or "").startswith("en") else "、").join(parts)


def who(actor_name: str) -> str:
    """Who did something, as people read it: what the platform does by itself is not called by its inner name."""
    return _("系统自动") if actor_name.startswith("system:") else actor_name
