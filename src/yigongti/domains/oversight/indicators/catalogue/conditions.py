"""Conditions and break-downs several themes share."""

import ibis.expr.types as ir
from django.utils.translation import gettext_lazy as _

from yigongti.domains.oversight.indicators.measures import Text
from yigongti.domains.oversight.indicators.rules import Rules

GRASSROOTS = ("primary", "village")
HOSPITALS = ("secondary", "tertiary")


def inside(t: ir.Table, rules: Rules) -> ir.BooleanValue:
    return t.inside_county


def outside(t: ir.Table, rules: Rules) -> ir.BooleanValue:
    return ~t.inside_county


def grassroots(t: ir.Table, rules: Rules) -> ir.BooleanValue:
    return t.tier.isin(GRASSROOTS)


def hospitals(t: ir.Table, rules: Rules) -> ir.BooleanValue:
    return t.tier.isin(HOSPITALS)


def stands(t: ir.Table) -> ir.BooleanValue:
    """A claim that is a visit or a stay: takes no other back, and is not wholly taken back itself."""
    return t.visits > 0


VISITED: dict[str, Text] = {
    "home": _("辖区管理机构"),
    "disease_group": _("病种"),
    "institution": _("就诊机构"),
    "setting": _("就诊类别"),
}
