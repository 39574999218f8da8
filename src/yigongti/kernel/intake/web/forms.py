"""What is asked of who sends files."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yigongti.kernel.access.api import Actor
from yigongti.kernel.intake.extracts import extracts
from yigongti.kernel.intake.formats import formats
from yigongti.kernel.intake.selectors import may_send_for
from yigongti.kernel.intake.uploads import in_words, most_bytes
from yigongti.kernel.ui.forms import Form, MultipleFileField


class SendForm(Form):
    """Files, whose they are, and (only where the headers leave it open) what they are."""

    source = forms.TypedChoiceField(label=_("发送机构"), coerce=int)
    files = MultipleFileField(label=_("数据文件"), allow_empty_file=True)  # type: ignore[assignment]
    extract = forms.ChoiceField(
        label=_("数据类别"),
        required=False,
        help_text=_("一般不用选：系统按表头认出是哪一类数据。"),
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        senders = [(source.id, source.name) for source in may_send_for(actor)]
        self.fields["source"].choices = senders  # type: ignore[attr-defined]
        if any(value == actor.home_organisation_id for value, _name in senders):
            self.fields["source"].initial = actor.home_organisation_id
        self.fields["extract"].choices = [  # type: ignore[attr-defined]
            ("", _("自动识别")),
            *((name, extract.label) for name, extract in extracts().items()),
        ]
        suffixes = [suffix for kind in formats() for suffix in kind.suffixes]
        self.fields["files"].widget.attrs["accept"] = ",".join(suffixes)
        self.fields["files"].help_text = _("可以是 {suffixes} 文件，每个不超过 {limit}；可以一次选多个。").format(
            suffixes="、".join(suffixes), limit=in_words(most_bytes())
        )
