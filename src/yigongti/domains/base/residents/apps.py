from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class ResidentsConfig(DomainConfig):
    name = "yigongti.domains.base.residents"
    verbose_name = _("居民")

    def ready(self) -> None:
        super().ready()
        from yigongti.domains.base.residents.contact import phone_of
        from yigongti.kernel.notices.api import register_phones

        register_phones(phone_of)
