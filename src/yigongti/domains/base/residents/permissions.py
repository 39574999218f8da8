"""Who may find a resident, decide who is who, show a barcode and record who acts for whom. Reading a record is
health_record's question."""

from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import CLINICIANS, Role, declare
from yigongti.kernel.audit.acts import declare_act

SEARCH = declare(
    "residents.search",
    _("查找居民"),
    to=CLINICIANS | {Role.COORDINATOR, Role.DATA_OFFICER, Role.DIRECTOR, Role.GUIDANCE_OFFICER, Role.INSURANCE_OFFICER},
)
REGISTER = declare("residents.register", _("登记居民"), to=CLINICIANS | {Role.DATA_OFFICER})
DECIDE = declare("residents.decide", _("判定是否同一人"), to={Role.DATA_OFFICER})
MERGE = declare("residents.merge", _("合并居民和撤销合并"), to={Role.DATA_OFFICER})
SHOW_BARCODE = declare(
    "residents.show_barcode", _("出示个人条码"), to=CLINICIANS | {Role.COORDINATOR, Role.DATA_OFFICER}
)
SCAN = declare("residents.scan", _("扫描个人条码"), to=CLINICIANS | {Role.COORDINATOR, Role.DATA_OFFICER})
GUARDIANSHIP = declare(
    "residents.guardianship", _("登记和结束代办关系"), to=CLINICIANS | {Role.DATA_OFFICER, Role.COORDINATOR}
)

declare_act("residents.resolve", _("识别数据文件中的居民"))
declare_act("residents.compare", _("对照两条记录"))
declare_act("residents.list_reviews", _("查看身份核对清单"))
declare_act("residents.list_merges", _("查看合并记录"))
declare_act("residents.view_merge", _("查看一次合并"))
declare_act("residents.merge", _("合并居民"))
declare_act("residents.undo_merge", _("撤销合并"))
declare_act("residents.check_details", _("核对居民信息"))
declare_act("residents.hand_over", _("移交居民的管理"))
declare_act("residents.keep", _("不移交居民的管理"))
declare_act("residents.match_file", _("比对居民名册"))
declare_act("residents.view_guardianship", _("查看代办关系"))
declare_act("residents.record_guardianship", _("登记代办关系"))
declare_act("residents.end_guardianship", _("结束代办关系"))
