from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class PolicyConfig(DomainConfig):
    name = "yigongti.kernel.policy"
    verbose_name = _("政策参数")

    def ready(self) -> None:
        super().ready()
        from yigongti.kernel.policy import checks  # noqa: F401  registers the system check
