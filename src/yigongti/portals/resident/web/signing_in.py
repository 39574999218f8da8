"""The way in: a number, a code, and, where several share a phone, who one is. Nothing on it tells whom it knows."""

from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from yigongti.domains.base.residents import api as residents
from yigongti.kernel import clock
from yigongti.kernel.access.api import permissions
from yigongti.kernel.notices.api import sent, without_codes
from yigongti.portals.resident import services, sessions
from yigongti.portals.resident.policy import CODE_MINUTES
from yigongti.portals.resident.sessions import ASKED, CHOICE
from yigongti.portals.resident.web.forms import CodeForm, NumberForm

CHOOSING = timedelta(minutes=5)


def client_of(request: HttpRequest) -> str:
    """The network address a request came from: as the proxy in front says, where there is one."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.HTTPS else ""
    return str(forwarded.rsplit(",", 1)[-1].strip() or request.META.get("REMOTE_ADDR", ""))


@never_cache
@sensitive_post_parameters("number")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for a number; whatever it is, a code is said to be on its way."""
    if request.session.get(sessions.RESIDENT) is not None and request.method == "GET":
        return redirect("resident:start")
    form = NumberForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                asked = services.ask_code(form.cleaned_data["number"], client=client_of(request))
            except services.TooMany:
                form.add_error(None, _("短时间内要的验证码太多了。请一小时后再试，或到登记的机构办理。"))
                status = 429
            else:
                request.session[ASKED] = asked
                return redirect("resident:code")
    return render(
        request, "resident/sign_in.html", {"form": form, "staff": request.user.is_authenticated}, status=status
    )


@never_cache
@sensitive_post_parameters("code")
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the code."""
    asked = request.session.get(ASKED)
    if asked is None:
        return redirect("resident:sign_in")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            persons = services.verify(asked, form.cleaned_data["code"])
        except services.CodeWrong as wrong:
            words = ngettext("验证码不对，还可以再试 %(n)d 次。", "验证码不对，还可以再试 %(n)d 次。", wrong.left)
            form.add_error("code", words % {"n": wrong.left})
        except services.CodeOver:
            del request.session[ASKED]
            messages.error(request, _("验证码已失效。请重新获取。"))
            return redirect("resident:sign_in")
        else:
            del request.session[ASKED]
            if not persons:
                return render(request, "resident/nobody.html", status=403)
            if len(persons) == 1:
                return _come_in(request, persons[0])
            until = (clock.now() + CHOOSING).timestamp()
            request.session[CHOICE] = {"ids": [person.id for person in persons], "until": until}
            return redirect("resident:choose")
    status = 422 if form.errors else 200
    return render(
        request, "resident/code.html", {"form": form, "minutes": CODE_MINUTES.at().value, **_shown()}, status=status
    )


@never_cache
def choose(request: HttpRequest) -> HttpResponse:
    """Several share the phone: who of them is it?"""
    choice = request.session.get(CHOICE)
    if choice is None or clock.now().timestamp() > choice["until"]:
        request.session.pop(CHOICE, None)
        return redirect("resident:sign_in")
    cards = residents.cards(choice["ids"])
    persons = [cards[pk] for pk in choice["ids"] if pk in cards]
    if request.method == "POST":
        chosen = next((person for person in persons if str(person.id) == request.POST.get("person")), None)
        if chosen is not None:
            return _come_in(request, chosen)
    return render(request, "resident/choose.html", {"persons": persons})


def _come_in(request: HttpRequest, person: residents.Card) -> HttpResponse:
    sessions.begin(request, person.id, person.full_name)
    return redirect("resident:start")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    sessions.end(request)
    messages.success(request, _("您已退出。"))
    return redirect("resident:sign_in")


def _shown() -> dict[str, object]:
    """For developers the page leads to the texts; nobody else learns that there are any."""
    return {"developing": settings.DEBUG}


def developer(request: HttpRequest) -> HttpResponse:
    """The texts the default sender wrote, for developers and system administrators; codes only where no real person
    signs in (``notices.api.without_codes``): whoever reads a code is that person here."""
    actor = request.actor  # type: ignore[attr-defined]
    needed = permissions().get("notices.see_outbox")
    if not settings.DEBUG and not (actor is not None and needed is not None and actor.may(needed)):
        raise Http404
    texts = [replace(one, text=without_codes(one.text)) for one in sent(20)]
    return render(request, "resident/developer.html", {"texts": texts})
