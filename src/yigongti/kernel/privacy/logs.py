"""Logs without rows: PostgreSQL quotes whole rows in the details of its errors, and rows hold people."""

import logging
import re

_DETAILS = re.compile(r"^(DETAIL|CONTEXT|LINE \d+|HINT|STATEMENT):.*?(?=^\S|\Z)", re.MULTILINE | re.DOTALL)


class WithoutRows(logging.Filter):
    """Takes what PostgreSQL quotes out of messages and tracebacks before they are written."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = without_rows(record.exc_text)
        message = record.getMessage()
        if "DETAIL:" in message or "CONTEXT:" in message:
            record.msg, record.args = without_rows(message), ()
        return True


def without_rows(text: str) -> str:
    """The text without the details of database errors."""
    return _DETAILS.sub(r"\1: …\n", text)
