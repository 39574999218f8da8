"""Accounts: who can sign in, with which roles where. One administrator makes accounts, another grants roles."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from yigongti.domains.base.organisation import api as organisation
from yigongti.kernel import clock
from yigongti.kernel.access import services
from yigongti.kernel.access.api import Actor, Permission, Role
from yigongti.kernel.access.passwords import first_password
from yigongti.kernel.access.permissions import GRANT_ROLES, MANAGE_ACCOUNTS
from yigongti.kernel.access.selectors import account_page, accounts
from yigongti.kernel.access.web.guard import permission_required
from yigongti.kernel.ui.filters import ChoiceFilter, TextFilter
from yigongti.kernel.ui.forms import Form
from yigongti.kernel.ui.listing import Column, Listing

either = permission_required(MANAGE_ACCOUNTS, GRANT_ROLES)


class AccountForm(Form):
    username = forms.RegexField(
        r"^[a-z0-9][a-z0-9._-]{2,59}$",
        label=gettext_lazy("用户名"),
        help_text=gettext_lazy("小写字母、数字、点、横线，至少 3 位。"),
        error_messages={"invalid": gettext_lazy("用户名只能用小写字母、数字、点和横线，至少 3 位。")},
    )
    name = forms.CharField(label=gettext_lazy("姓名"), max_length=60)
    organisation = forms.TypedChoiceField(label=gettext_lazy("所在机构"), coerce=int)

    def __init__(self, *args: Any, places: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].choices = places  # type: ignore[attr-defined]


class GrantForm(Form):
    role = forms.ChoiceField(label=gettext_lazy("角色"), choices=Role.choices)
    organisation = forms.TypedChoiceField(
        label=gettext_lazy("在哪里"),
        coerce=int,
        help_text=gettext_lazy("角色对所选机构及其下级都有效。"),
    )
    ends_on = forms.DateField(label=gettext_lazy("到哪天为止"), required=False, help_text=gettext_lazy("不填为长期。"))

    def __init__(self, *args: Any, places: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].choices = places  # type: ignore[attr-defined]


@either
def index(request: HttpRequest) -> HttpResponseBase:
    """Accounts of the organisations the reader answers for."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    scope = actor.organisations(MANAGE_ACCOUNTS) | actor.organisations(GRANT_ROLES)
    names = {found.id: found.label for found in organisation.get_many(scope).values()}
    return Listing(
        request,
        accounts(scope),
        name="accounts",
        title=_("账号"),
        columns=[
            Column(
                "name", _("姓名"), lead=True, sort="name", href=lambda a: reverse("administration:account", args=[a.pk])
            ),
            Column("username", _("用户名"), sort="username"),
            Column("organisation", _("所在机构"), value=lambda a: names.get(a.home_organisation_id, "")),
            Column("roles", _("角色"), value=lambda a: "、".join(_roles_of(a))),
            Column("last_login", _("最近登录"), kind="moment", sort="last_login"),
            Column(
                "is_active",
                _("状态"),
                kind="tag",
                value=lambda a: _("启用") if a.is_active else _("停用"),
                tag=lambda a: "good" if a.is_active else "bad",
            ),
        ],
        filters=[
            TextFilter("q", _("姓名"), by="name__contains"),
            ChoiceFilter("role", _("角色"), by="grants__role", choices=Role.choices),
        ],
        order=("name", "pk"),
        empty=_("还没有账号"),
    ).render("administration/accounts.html", {"may_create": actor.may(MANAGE_ACCOUNTS)})


def _roles_of(account: Any) -> list[str]:
    """The roles that hold today or will, each once."""
    standing = [g.role for g in account.grants.all() if g.ends_on is None or g.ends_on > clock.today()]
    return [str(Role(role).label) for role in dict.fromkeys(standing)]


@permission_required(MANAGE_ACCOUNTS)
def create(request: HttpRequest) -> HttpResponse:
    """Make an account; its first password is shown once."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    form = AccountForm(request.POST or None, places=_places(actor, MANAGE_ACCOUNTS))
    if request.method == "POST" and form.is_valid():
        password = first_password()
        try:
            pk = services.create_account(
                form.cleaned_data["username"],
                form.cleaned_data["name"],
                organisation_id=form.cleaned_data["organisation"],
                password=password,
                actor=actor,
            )
        except IntegrityError:
            form.add_error("username", _("这个用户名已经有人用了。"))
        else:
            return _show_password(request, pk, password)
    status = 422 if request.method == "POST" else 200
    return render(request, "administration/new_account.html", {"form": form}, status=status)


@either
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One account: who it is, its roles, and what may be done with it."""
    return _detail(request, pk)


@require_POST
@permission_required(GRANT_ROLES)
def grant(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a role."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    _account(actor, pk)
    form = GrantForm(request.POST, places=_places(actor, GRANT_ROLES))
    if not form.is_valid():
        return _detail(request, pk, form)
    try:
        services.grant_role(
            pk,
            Role(form.cleaned_data["role"]),
            organisation_id=form.cleaned_data["organisation"],
            ends_on=form.cleaned_data["ends_on"],
            actor=actor,
        )
    except services.RolesConflict:
        form.add_error("role", _("系统管理员、安全管理员、审计员要由不同的人担任，也不能再有别的角色。"))
        return _detail(request, pk, form)
    except ValueError:
        form.add_error(None, _("不能给自己授予角色，请由另一位安全管理员办理。"))
        return _detail(request, pk, form)
    except IntegrityError:
        form.add_error("ends_on", _("截止日期要晚于今天。"))
        return _detail(request, pk, form)
    messages.success(request, _("角色已经授予。"))
    return HttpResponseRedirect(reverse("administration:account", args=[pk]))


@require_POST
@permission_required(GRANT_ROLES)
def end_grant(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a role away."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    account = _account(actor, pk)
    chosen = request.POST.get("grant", "")
    if chosen not in {str(found.pk) for found in account.grants.all()}:
        raise Http404
    services.end_grant(int(chosen), actor=actor)
    messages.success(request, _("角色已经收回。"))
    return HttpResponseRedirect(reverse("administration:account", args=[pk]))


@require_POST
@permission_required(MANAGE_ACCOUNTS)
def reset_password(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a new first password, shown once."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    _account(actor, pk)
    password = first_password()
    try:
        services.reset_password(pk, password, actor=actor)
    except ValidationError as error:
        raise Http404 from error
    return _show_password(request, pk, password)


@require_POST
@permission_required(MANAGE_ACCOUNTS)
def set_active(request: HttpRequest, pk: int) -> HttpResponse:
    """Close an account or open it again, as the form says: pressed twice it does the same."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    _account(actor, pk)
    active = request.POST.get("active") == "1"
    services.set_active(pk, active, actor=actor)
    messages.success(request, _("账号已经启用。") if active else _("账号已经停用。"))
    return HttpResponseRedirect(reverse("administration:account", args=[pk]))


def _detail(request: HttpRequest, pk: int, form: GrantForm | None = None) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    account = _account(actor, pk)
    ids = {g.organisation_id for g in account.grants.all()} | {account.home_organisation_id}
    names = {found.id: found.label for found in organisation.get_many(i for i in ids if i).values()}
    return render(
        request,
        "administration/account.html",
        {
            "account": account,
            "home": names.get(account.home_organisation_id, ""),
            "grants": [
                {
                    "grant": g,
                    "role": Role(g.role).label,
                    "where": names.get(g.organisation_id, ""),
                    "stands": g.ends_on is None or g.ends_on > clock.today(),
                }
                for g in account.grants.all()
            ],
            "form": form or (GrantForm(places=_places(actor, GRANT_ROLES)) if actor.may(GRANT_ROLES) else None),
            "may_manage": actor.may(MANAGE_ACCOUNTS, account.home_organisation_id),
        },
        status=422 if form is not None else 200,
    )


def _account(actor: Actor, pk: int) -> Any:
    found = account_page(pk, actor.organisations(MANAGE_ACCOUNTS) | actor.organisations(GRANT_ROLES))
    if found is None:
        raise Http404
    return found


def _show_password(request: HttpRequest, pk: int, password: str) -> HttpResponse:
    account = _account(request.actor, pk)  # type: ignore[attr-defined]
    return render(request, "administration/first_password.html", {"account": account, "password": password})


def _places(actor: Actor, permission: Permission) -> list[tuple[int, str]]:
    found = organisation.get_many(actor.organisations(permission)).values()
    return [(one.id, one.label) for one in sorted(found, key=lambda o: o.id)]
