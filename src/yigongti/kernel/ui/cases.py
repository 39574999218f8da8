"""The page of a case: where it stands, what the reader may do with it, and everything that was done.

``return case_page(request, case, "referrals/referral.html", {...})`` answers both the look and the step; the template
has ``<c-case :page="case_page" />`` where the actions and the timeline belong. Promises: only steps open to the
reader are offered; a refused step comes back to the page with what was typed and why it was refused.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from yigongti.kernel.access.api import Actor
from yigongti.kernel.ui import words
from yigongti.kernel.ui.forms import Form
from yigongti.kernel.ui.shell import organisation_name
from yigongti.kernel.workflow.api import Ask, CaseModel, Step, StepRefused, history, open_steps, take_step


@dataclass(frozen=True)
class Entry:
    """One line of a ``<c-timeline>``. ``kind``: good, bad, waiting or nothing."""

    title: str | Promise
    at: datetime | date | None = None
    who: str = ""
    where: str = ""
    detail: str = ""
    tag: str | Promise = ""
    kind: str = ""


@dataclass(frozen=True)
class OpenStep:
    """A step the reader may take, with the form of what it asks."""

    step: Step
    form: Form
    opened: bool = False


SHOWN = 6


class CasePage:
    """What ``<c-case>`` shows. ``tried`` is a step whose answers did not pass, with its bound form."""

    def __init__(
        self, case: CaseModel, actor: Actor, tried: tuple[str, Form] | None = None, elsewhere: Collection[str] = ()
    ) -> None:
        self.case, self._actor, self._tried, self._elsewhere = case, actor, tried, elsewhere

    @cached_property
    def steps(self) -> list[OpenStep]:
        tried = dict([self._tried]) if self._tried else {}
        return [
            OpenStep(step, tried.get(step.name) or step_form(step, case=self.case), step.name in tried)
            for step in open_steps(self.case, self._actor)
            if step.name not in self._elsewhere
        ]

    @cached_property
    def timeline(self) -> list[Entry]:
        """Newest first, headed by the deadline of an open case."""
        entries = [
            Entry(
                title=line.label, at=line.at, who=words.who(line.actor_name),
                where=organisation_name(line.organisation_id),
                detail="\n".join(_said(label, answer) for label, answer in line.answers),
                tag=line.state,
            )
            for line in history(self.case)
        ]  # fmt: skip
        entries.reverse()
        if self.case.is_open:
            waiting = words.due(self.case.due_at)
            entries.insert(0, Entry(title=_("等待处理"), at=self.case.due_at, detail=waiting, kind="waiting"))
        return entries

    @property
    def latest(self) -> list[Entry]:
        """What of the timeline is shown at once: all of it, unless it is long."""
        return self.timeline[: SHOWN if len(self.timeline) > SHOWN + 2 else None]

    @property
    def earlier(self) -> list[Entry]:
        """The rest, behind a line that opens it."""
        return self.timeline[len(self.latest) :]


def answer_words(answer: Any) -> str:
    """An answer as people read it."""
    if isinstance(answer, bool):
        return _("是") if answer else _("否")
    return str(answer)


def _said(label: str | Promise, answer: Any) -> str:
    return _("%(label)s：%(answer)s") % {"label": label, "answer": answer_words(answer)}


def step_form(step: Step, data: Mapping[str, Any] | None = None, *, case: CaseModel | None = None) -> Form:
    """The form of what a step asks; fields are prefixed by the step's name."""
    form = Form(data, prefix=step.name)
    for ask in step.asks:
        form.add(ask.name, _field(ask, case))
    return form


def _field(ask: Ask, case: CaseModel | None) -> django_forms.Field:
    common: dict[str, Any] = {"label": ask.label, "required": ask.required, "help_text": ask.hint}
    match ask.kind:
        case "date":
            return django_forms.DateField(**common, widget=django_forms.DateInput({"type": "date"}, "%Y-%m-%d"))
        case "choice":
            offered = ask.offered(case)
            choices: Sequence[tuple[str, Any]] = offered if ask.required else (("", "—"), *offered)
            if len(offered) <= 5 and ask.required:
                return django_forms.ChoiceField(**common, choices=choices, widget=django_forms.RadioSelect)
            return django_forms.ChoiceField(**common, choices=choices)
        case "number":
            return django_forms.DecimalField(**common, widget=django_forms.NumberInput({"step": "any"}))
        case "yes_no":
            pair = [("yes", _("是")), ("no", _("否"))]
            return django_forms.ChoiceField(**common, choices=pair, widget=django_forms.RadioSelect)
        case _:
            return django_forms.CharField(**common, max_length=2000, widget=django_forms.Textarea({"rows": 3}))


def case_page(
    request: HttpRequest,
    case: CaseModel,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    elsewhere: Collection[str] = (),
) -> HttpResponse:
    """Show a case (``case_page`` in the context); a POST takes the step named in its field ``step``, unless the case
    has become another since it was shown.

    ``elsewhere``: steps that have a page of their own, to which the template leads.
    """
    actor: Actor = request.actor  # type: ignore[attr-defined]
    tried, status = None, 200
    if request.method == "POST":
        outcome = _take(request, case, actor)
        if isinstance(outcome, HttpResponse):
            return outcome
        tried, status = outcome, 422
        case.refresh_from_db()
    page = CasePage(case, actor, tried, elsewhere)
    return render(request, template, {**(context or {}), "case": case, "case_page": page}, status=status)


def _take(request: HttpRequest, case: CaseModel, actor: Actor) -> HttpResponse | tuple[str, Form] | None:
    name = request.POST.get("step", "")
    step = next((one for one in case.workflow.steps if one.name == name), None)
    if step is None:
        messages.error(request, _("没有这一步操作。"))
        return None
    form = step_form(step, request.POST, case=case)
    if not form.is_valid():
        return name, form
    try:
        take_step(case, name, actor=actor, answers=form.cleaned_data, seen=_seen(request))
    except StepRefused as refused:
        form.add_error(None, str(refused))
        messages.error(request, str(refused))
        return name, form
    messages.success(request, _("“%(step)s”已完成。") % {"step": step.label})
    return HttpResponseRedirect(request.get_full_path())


def _seen(request: HttpRequest) -> datetime | None:
    """Since when the case had stood as the page showed it; None where whoever asks does not say."""
    try:
        seen = datetime.fromisoformat(request.POST.get("seen", ""))
    except ValueError:
        return None
    return seen if seen.tzinfo else None
