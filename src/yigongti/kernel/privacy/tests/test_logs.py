"""A row PostgreSQL quotes in an error never reaches a log."""

import io
import logging

import pytest
from django.db import IntegrityError, connection, transaction

from yigongti.kernel.privacy.logs import WithoutRows, without_rows

NUMBER = "".join(["320583", "19800101", "1234"])  # not as one literal: a traceback quotes the line it stands in


@pytest.mark.django_db
def test_a_row_in_an_integrity_error_is_not_logged():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(WithoutRows())
    log = logging.getLogger("test.rows")
    log.addHandler(handler)
    try:
        with connection.cursor() as cursor, transaction.atomic():
            cursor.execute("CREATE TEMP TABLE secret_rows (number text CHECK (number = ''))")
            cursor.execute("INSERT INTO secret_rows VALUES (%s)", [NUMBER])
    except IntegrityError as error:
        log.exception("a job failed")
        log.error("it said %s", error)
    finally:
        log.removeHandler(handler)
    written = stream.getvalue()
    assert "IntegrityError" in written and "it said" in written
    assert NUMBER not in written


def test_what_is_not_a_detail_stays():
    assert without_rows("one\nDETAIL:  Failing row contains (x).\ntwo") == "one\nDETAIL: …\ntwo"
