"""Intake, for everybody above: register an extract, a format, or the register of senders; receive a file."""

from yigongti.kernel.intake.events import BatchStored
from yigongti.kernel.intake.extracts import (
    MOMENT,
    ROW,
    Check,
    Column,
    Extract,
    Kind,
    Sink,
    Stored,
    Storing,
    extracts,
    register_extract,
)
from yigongti.kernel.intake.formats import (
    Chunk,
    Format,
    Incoming,
    Part,
    Reader,
    RefusedLine,
    Token,
    format_named,
    formats,
    no_refusals,
    register_format,
)
from yigongti.kernel.intake.processing import process
from yigongti.kernel.intake.receiving import Received, receive
from yigongti.kernel.intake.refusals import REFUSAL, FileRefused, declare_reason, explain
from yigongti.kernel.intake.sources import Source, find_source, register_sources

__all__ = [
    "MOMENT",
    "REFUSAL",
    "ROW",
    "BatchStored",
    "Check",
    "Chunk",
    "Column",
    "Extract",
    "FileRefused",
    "Format",
    "Incoming",
    "Kind",
    "Part",
    "Reader",
    "Received",
    "RefusedLine",
    "Sink",
    "Source",
    "Stored",
    "Storing",
    "Token",
    "declare_reason",
    "explain",
    "extracts",
    "find_source",
    "format_named",
    "formats",
    "no_refusals",
    "process",
    "receive",
    "register_extract",
    "register_format",
    "register_sources",
]
