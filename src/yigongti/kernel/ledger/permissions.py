"""The ledger has no permissions of its own (the domain above asks); its acts have words."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.audit.acts import declare_act

declare_act("ledger.open_book", _("建账"))
declare_act("ledger.add_accounts", _("增加会计科目"))
declare_act("ledger.post", _("记账"))
declare_act("ledger.reverse", _("冲销凭证"))
declare_act("ledger.close_month", _("月份结账"))
