from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class AppointmentsConfig(DomainConfig):
    name = "yigongti.domains.care.appointments"
    label = "appointments"
    verbose_name = _("预约")

    def ready(self) -> None:
        super().ready()
        from yigongti.domains.care.appointments import merges  # noqa: F401  listens to the index
