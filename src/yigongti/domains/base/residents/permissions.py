"""Who may find a resident, decide who is who, and show a barcode. Reading a record is health_record's question."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import CLINICIANS, Role, declare

SEARCH = declare(
    "residents.search",
    _("查找居民"),
    to=CLINICIANS | {Role.DATA_OFFICER, Role.DIRECTOR, Role.GUIDANCE_OFFICER, Role.INSURANCE_OFFICER},
)
REGISTER = declare("residents.register", _("登记居民"), to=CLINICIANS | {Role.DATA_OFFICER})
DECIDE = declare("residents.decide", _("判定是否同一人"), to={Role.DATA_OFFICER})
MERGE = declare("residents.merge", _("合并居民和撤销合并"), to={Role.DATA_OFFICER})
SHOW_BARCODE = declare("residents.show_barcode", _("出示个人条码"), to=CLINICIANS | {Role.DATA_OFFICER})
SCAN = declare("residents.scan", _("扫描个人条码"), to=CLINICIANS | {Role.DATA_OFFICER})
