"""Requests as a view receives them, without a session."""

from django.contrib.messages.storage.base import BaseStorage
from django.http import HttpRequest
from django.test import RequestFactory

from yigongti.kernel.access.api import Actor


class Messages(BaseStorage):
    """Messages in memory."""

    def _get(self, *args, **kwargs):
        return [], True

    def _store(self, messages, response, *args, **kwargs):
        return []

    @property
    def texts(self) -> list[str]:
        return [str(message) for message in self._queued_messages]


def look(actor: Actor | None, address: str = "/list/") -> HttpRequest:
    """A GET by an actor."""
    return _by(actor, RequestFactory().get(address))


def send(actor: Actor, address: str, data: dict[str, str]) -> HttpRequest:
    """A POST by an actor."""
    return _by(actor, RequestFactory().post(address, data))


def _by(actor: Actor | None, request: HttpRequest) -> HttpRequest:
    request.actor = actor
    request._messages = Messages(request)
    return request
