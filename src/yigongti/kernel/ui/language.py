"""The language of a page: Chinese, unless the reader chose English by the switch. The browser is not asked."""

from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware


class ChosenLanguageMiddleware(LocaleMiddleware):
    """Django's, without the browser's list: a hospital's computers are often set up in English, its people are not."""

    def process_request(self, request: HttpRequest) -> None:
        request.META.pop("HTTP_ACCEPT_LANGUAGE", None)
        super().process_request(request)
