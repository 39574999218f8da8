"""Who may do what with organisations. The directory is open to all staff; changing it is not."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import EVERYONE, Role, declare

VIEW = declare("organisation.view", _("查看机构"), to=EVERYONE)
EDIT = declare("organisation.edit", _("维护机构资料"), to={Role.GUIDANCE_OFFICER, Role.SYSTEM_ADMIN})
