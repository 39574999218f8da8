"""stub"""

from django.http import HttpRequest, HttpResponse


def new(request: HttpRequest) -> HttpResponse:
    raise NotImplementedError


def referral(request: HttpRequest, pk: int) -> HttpResponse:
    raise NotImplementedError
