from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class HealthRecordConfig(DomainConfig):
    name = "yigongti.domains.base.health_record"
    label = "health_record"
    verbose_name = _("健康档案")

    def ready(self) -> None:
        super().ready()
        connection_created.connect(_spare_the_planner, dispatch_uid="health_record.spare_the_planner")


def _spare_the_planner(connection: BaseDatabaseWrapper, **_said: Any) -> None:
    """Months are chosen by their bounds, which needs no ``constraint_exclusion``. Left on, it compares each query with
    the check constraints of every month as well: two thirds of the time it takes to plan a question to a record."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET constraint_exclusion = off")
