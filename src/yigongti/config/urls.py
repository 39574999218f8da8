"""Addresses: each app's ``web/urls.py`` under the app's name; the workbench at the root."""

from importlib import import_module

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from yigongti.config.tree import apps_with


def _addresses() -> list[URLPattern | URLResolver]:
    routes: list[URLPattern | URLResolver] = []
    for room in apps_with("web.urls"):
        module = import_module(room)
        prefix = getattr(module, "prefix", room.split(".")[-3].replace("_", "-") + "/")
        routes.append(path(prefix, include(room)))
    return routes


urlpatterns = [path("i18n/", include("django.conf.urls.i18n")), *_addresses()]

handler400 = "yigongti.kernel.ui.errors.bad_request"
handler403 = "yigongti.kernel.ui.errors.forbidden"
handler404 = "yigongti.kernel.ui.errors.not_found"
handler500 = "yigongti.kernel.ui.errors.server_error"

if settings.DEBUG:
    from django.contrib.staticfiles.urls import staticfiles_urlpatterns

    urlpatterns += staticfiles_urlpatterns()
