from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class PlanLedgerConfig(DomainConfig):
    name = "yigongti.domains.oversight.plan_ledger"
    verbose_name = _("方案台账")
