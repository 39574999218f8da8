"""Who hears of an event when, and what a failing listener costs."""

from dataclasses import dataclass

import pytest
from django.db import transaction

from yigongti.kernel import events
from yigongti.kernel.events import Event, emit, subscribe

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Happened(Event):
    number: int


@pytest.fixture
def heard(monkeypatch):
    monkeypatch.setitem(events._subscribers, Happened, [])
    monkeypatch.setitem(events._within, Happened, [])
    return []


def test_listeners_hear_after_the_commit_and_not_of_what_was_taken_back(heard):
    subscribe(Happened)(lambda event: heard.append(event.number))
    with transaction.atomic():
        emit(Happened(1))
        assert heard == []
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        emit(Happened(2))
        raise ZeroDivisionError
    assert heard == [1]


def test_a_failing_listener_keeps_no_other_from_hearing(heard):
    subscribe(Happened)(lambda event: 1 / 0)
    subscribe(Happened)(lambda event: heard.append(event.number))
    emit(Happened(3))
    assert heard == [3]


def test_who_writes_within_hears_at_once_and_a_failure_takes_the_cause_back(heard):
    subscribe(Happened, within=True)(lambda event: heard.append(event.number))
    with transaction.atomic():
        emit(Happened(4))
        assert heard == [4]
    subscribe(Happened, within=True)(lambda event: 1 / 0)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        emit(Happened(5))
