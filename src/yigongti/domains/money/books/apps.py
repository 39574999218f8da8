import logging
from typing import Any

from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig

logger = logging.getLogger(__name__)


class BooksConfig(DomainConfig):
    name = "yigongti.domains.money.books"
    label = "books"
    verbose_name = _("账务")

    def ready(self) -> None:
        super().ready()
        post_migrate.connect(_align, sender=self)


def _align(**said: Any) -> None:
    """A new version may ship new accounts: they reach the books that are open (once all tables are there)."""
    migrated = said.get("apps")
    if migrated is not None and "chartproposal" not in migrated.all_models["books"]:
        return
    from yigongti.domains.money.books.services import charts
    from yigongti.kernel.access.api import system_actor

    for line in charts.align(actor=system_actor("books")):
        logger.warning(line)
