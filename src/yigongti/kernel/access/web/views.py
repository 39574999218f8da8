"""Signing in and out, and one's own password."""

from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from yigongti.kernel import clock
from yigongti.kernel.access import services
from yigongti.kernel.access.models import Account
from yigongti.kernel.access.web.forms import ChangePasswordForm, SignInForm
from yigongti.kernel.access.web.guard import signed_in
from yigongti.kernel.audit.api import record


def _next(request: HttpRequest) -> str:
    target = request.POST.get("next") or request.GET.get("next") or "/"
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if safe else "/"


@never_cache
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page. After the policy's number of failures it says for how long the account is locked."""
    if request.actor is not None:  # type: ignore[attr-defined]
        return HttpResponseRedirect(_next(request))
    form = SignInForm(request.POST or None)
    context = {"form": form, "next": _next(request), "failures_left": None}
    if request.method == "POST" and form.is_valid():
        tried = services.sign_in(form.cleaned_data["username"].strip(), form.cleaned_data["password"])
        if tried.account is not None:
            login(request, tried.account, backend="django.contrib.auth.backends.ModelBackend")
            request.session["last_seen"] = clock.now().timestamp()
            if tried.account.must_change_password:
                return HttpResponseRedirect(reverse("access:change_password"))
            return HttpResponseRedirect(_next(request))
        if tried.locked_minutes is not None:
            return render(request, "access/locked.html", {"minutes": tried.locked_minutes}, status=403)
        context["failures_left"] = tried.failures_left
        form.add_error(
            None,
            ngettext(
                "用户名或密码不对，还可以再试 %(left)d 次。",
                "用户名或密码不对，还可以再试 %(left)d 次。",
                tried.failures_left or 0,
            )
            % {"left": tried.failures_left or 0},
        )
    status = 422 if request.method == "POST" else 200
    return render(request, "access/sign_in.html", context, status=status)


@require_POST
@signed_in
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    record(actor=request.actor, act="access.sign_out", subject=f"account:{request.actor.id}")  # type: ignore[attr-defined]
    logout(request)
    return render(request, "access/signed_out.html")


@never_cache
@signed_in
@sensitive_post_parameters()
def change_password(request: HttpRequest) -> HttpResponse:
    """One's own password; after the first sign-in there is no way around it."""
    account = Account.objects.get(username=request.user.get_username())
    form = ChangePasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_password(account.pk, form.cleaned_data["old_password"], form.cleaned_data["new_password"])
        except services.AccountLocked as locked:
            logout(request)
            return render(request, "access/locked.html", {"minutes": locked.minutes}, status=403)
        except ValidationError as error:
            form.add_error("new_password", error)
        except ValueError as error:
            if str(error) == "old":
                form.add_error("old_password", _("原密码不对。"))
            else:
                form.add_error("new_password", _("新密码不能和原密码一样。"))
        else:
            account.refresh_from_db()
            update_session_auth_hash(request, account)
            messages.success(request, _("密码已经修改。"))
            return HttpResponseRedirect("/")
    status = 422 if request.method == "POST" else 200
    return render(
        request,
        "access/change_password.html",
        {"form": form, "first": account.must_change_password},
        status=status,
    )
