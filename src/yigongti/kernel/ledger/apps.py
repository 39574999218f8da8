from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class LedgerConfig(DomainConfig):
    name = "yigongti.kernel.ledger"
    label = "ledger"
    verbose_name = _("账簿")
