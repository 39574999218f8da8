from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class ReferralsConfig(DomainConfig):
    name = "yigongti.domains.care.referrals"
    label = "referrals"
    verbose_name = _("转诊")

    def ready(self) -> None:
        super().ready()
        from yigongti.domains.care.referrals import arrivals, relations  # noqa: F401  (they register themselves)
