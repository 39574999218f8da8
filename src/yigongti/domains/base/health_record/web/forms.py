"""What the record page asks."""

from django import forms
from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.health_record.services.break_glass import SHORTEST_REASON
from yigongti.kernel.ui.forms import Form


class FilterForm(Form):
    """Narrows a record; everything is optional."""

    q = forms.CharField(label=_("关键词"), required=False, max_length=60)
    kind = forms.ChoiceField(label=_("类别"), required=False)
    institution = forms.ChoiceField(label=_("机构"), required=False)
    since = forms.DateField(label=_("从"), required=False)
    until = forms.DateField(label=_("到"), required=False)


class BreakGlassForm(Form):
    """Why a record has to be opened without a relation."""

    reason = forms.CharField(
        label=_("紧急查阅的理由"),
        help_text=_("例如：患者昏迷，需了解用药和过敏情况。理由会记录下来，居民本人可以看到。"),
        min_length=SHORTEST_REASON,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
