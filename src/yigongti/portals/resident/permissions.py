"""What the acts of residents are called. No permission is a resident's: he acts for himself and his wards."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.audit.acts import declare_act

declare_act("resident.sign_in", _("居民登录"))
declare_act("resident.sign_out", _("居民退出"))
