"""Asking one's institution, and what it answered."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yigongti.domains.care.enquiries import api as enquiries
from yigongti.kernel.ui.forms import Form
from yigongti.kernel.workflow.api import StepRefused
from yigongti.portals.resident.sessions import resident_required
from yigongti.portals.resident.web.layout import reader_of, show

_TEXT = forms.Textarea(attrs={"rows": 5})


class AskForm(Form):
    """Whom, what about, and the question."""

    institution = forms.ChoiceField(label=gettext_lazy("向谁咨询"), widget=forms.RadioSelect)
    topic = forms.ChoiceField(label=gettext_lazy("咨询什么"), choices=[("", gettext_lazy("请选择")), *enquiries.TOPICS])
    text = forms.CharField(
        label=gettext_lazy("想问的事"),
        help_text=gettext_lazy("写清楚哪里不舒服、多久了、在用什么药。不要写身份证号和密码。"),
        max_length=enquiries.LONGEST,
        widget=_TEXT,
    )


class AgainForm(Form):
    """The next question of the same matter."""

    question = forms.CharField(label=gettext_lazy("继续问"), max_length=enquiries.LONGEST, widget=_TEXT)


@resident_required
def mine(request: HttpRequest) -> HttpResponse:
    """All questions, the newest first."""
    reader = reader_of(request)
    found = enquiries.of_resident(reader.person_id, actor=reader.actor)
    return show(request, "resident/enquiries.html", {"enquiries": found}, here="enquiries")


@resident_required
def ask(request: HttpRequest) -> HttpResponse:
    """A new question."""
    reader = reader_of(request)
    form = AskForm(request.POST or None)
    desks = enquiries.desks(reader.person_id)
    form.fields["institution"].choices = [(str(d.id), f"{d.name} · {d.why}") for d in desks]  # type: ignore[attr-defined]
    if desks:
        form.fields["institution"].initial = str(desks[0].id)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = enquiries.ask(
                reader.person_id,
                institution_id=int(said["institution"]),
                topic=said["topic"],
                text=said["text"],
                actor=reader.actor,
            )
        except enquiries.AskRefused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        else:
            messages.success(request, _("已提交。答复后会通知您。"))
            return redirect("resident:enquiry", person=reader.person_id, pk=made)
    status = 422 if form.errors else 200
    return show(request, "resident/ask.html", {"form": form, "desks": desks}, here="enquiries", status=status)


@resident_required
def enquiry(request: HttpRequest, pk: int) -> HttpResponse:
    """One question: what was said; asking again, settling it, taking it back."""
    reader = reader_of(request)
    one = enquiries.get(pk, actor=reader.actor)
    form = AgainForm(request.POST if request.POST.get("step") == "ask_again" else None)
    if request.method == "POST":
        step = request.POST.get("step", "")
        try:
            if step == "ask_again" and form.is_valid():
                enquiries.ask_again(pk, form.cleaned_data["question"], actor=reader.actor)
                messages.success(request, _("已提交。答复后会通知您。"))
                return redirect("resident:enquiry", person=reader.person_id, pk=pk)
            if step in ("close", "withdraw"):
                enquiries.take_own(pk, step, actor=reader.actor)
                messages.success(request, _("咨询已结束。") if step == "close" else _("咨询已撤回。"))
                return redirect("resident:enquiries", person=reader.person_id)
        except (StepRefused, enquiries.AskRefused) as refused:
            if step != "ask_again":
                messages.error(request, str(refused))
                return redirect("resident:enquiry", person=reader.person_id, pk=pk)
            form.add_error(None, str(refused))
    status = 422 if form.errors else 200
    return show(request, "resident/enquiry.html", {"enquiry": one, "form": form}, here="enquiries", status=status)
