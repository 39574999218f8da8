"""Who may read and write entries."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import CLINICIANS, MANAGERS, declare

VIEW = declare("${name}.view", _("查看${label}"), to=CLINICIANS | MANAGERS)
WRITE = declare("${name}.write", _("登记${label}"), to=CLINICIANS)
