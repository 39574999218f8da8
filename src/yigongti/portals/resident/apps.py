from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from yigongti.kernel.apps import DomainConfig


class ResidentConfig(DomainConfig):
    name = "yigongti.portals.resident"
    label = "resident"
    verbose_name = _("居民页面")

    def ready(self) -> None:
        super().ready()
        user_logged_in.connect(_staff_signed_in, dispatch_uid="resident.staff_signed_in")


def _staff_signed_in(sender: Any, request: HttpRequest, **said: Any) -> None:
    """A browser is one person's at a time: staff signing in end a resident's sign-in."""
    from yigongti.portals.resident import sessions

    sessions.forget(request)
