"""What the acts of the audit trail are called by people."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import permissions
from yigongti.kernel.workflow.api import workflows

WORDS: dict[str, str | Promise] = {
    "access.sign_in": _("登录"),
    "access.sign_out": _("退出登录"),
    "access.change_password": _("修改密码"),
    "access.create_account": _("新建账号"),
    "access.close_account": _("停用账号"),
    "access.open_account": _("启用账号"),
    "access.reset_password": _("重置密码"),
    "access.grant_role": _("授予角色"),
    "access.end_grant": _("收回角色"),
    "access.not_visible": _("打开看不到的内容"),
}


def in_words(act: str) -> str:
    """The name of an act: its own words, the step's or the permission's of that name, else the code itself."""
    if act in WORDS:
        return str(WORDS[act])
    name, _dot, step = act.rpartition(".")
    if table := workflows().get(name):
        if step == "open":
            return f"{table.label}"
        for known in table.steps:
            if known.name == step:
                return f"{table.label}：{known.label}"
    if permission := permissions().get(act):
        return str(permission.label)
    return act
