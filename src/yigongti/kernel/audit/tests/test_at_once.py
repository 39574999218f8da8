"""Many write at once, and somebody verifies meanwhile."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from tests.support.people import person

from yigongti.kernel.audit import services
from yigongti.kernel.audit.api import record, verify

pytestmark = pytest.mark.django_db(transaction=True)

THREADS, EACH = 8, 12


def _write(actor_id: int, count: int = 1) -> None:
    try:
        for number in range(count):
            record(actor=person(None, 1, id=actor_id), act="test.act", subject=f"thing:{number}")
    finally:
        connection.close()


def test_lines_written_at_once_make_one_unbroken_chain_each():
    with ThreadPoolExecutor(THREADS) as pool:  # two actors to a chain: they have to wait for each other
        list(pool.map(_write, [actor % 4 + 16 * (actor // 4) for actor in range(THREADS)], [EACH] * THREADS))
    result = verify()
    assert (result.lines, result.faults) == (THREADS * EACH, ())


def test_a_line_written_while_the_chains_are_walked_is_no_fault(monkeypatch):
    _write(1, 3)
    in_order = services._in_order

    def overtaken():
        with ThreadPoolExecutor(1) as pool:
            pool.submit(_write, 1).result()
        yield from in_order()

    monkeypatch.setattr(services, "_in_order", overtaken)
    assert verify().faults == ()
