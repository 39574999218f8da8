"""Plans and policy are public documents: everyone signed in may read them."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import EVERYONE, declare

VIEW = declare("plan_ledger.view", _("查看方案台账和政策参数"), to=EVERYONE)
