"""What the acts of the trail are called by people: each app says it of its own, beside its permissions."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise

_words: dict[str, Text] = {}


def declare_act(act: str, words: Text) -> None:
    """Say what an act is called. The last word on it, where a permission or a step has the same name."""
    _words[act] = words


def name_act(act: str, words: Text) -> None:
    """What an act is called unless its app has words of its own: the name of the permission, or of the step."""
    _words.setdefault(act, words)


def in_words(act: str) -> str:
    """The name of an act in the reader's language; the code itself where nobody has said it."""
    return str(_words.get(act, act))


def acts() -> frozenset[str]:
    """All acts that have words."""
    return frozenset(_words)


declare_act("audit.restored", _("恢复数据库后继续记审计日志"))
