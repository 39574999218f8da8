"""What this domain tells others. Ids, never what was said."""

from dataclasses import dataclass

from yigongti.kernel.events import Event


@dataclass(frozen=True)
class EnquiryAsked(Event):
    """A question came in, or came again, at an institution's desk."""

    enquiry_id: int
    resident_id: int
    institution_id: int


@dataclass(frozen=True)
class EnquiryAnswered(Event):
    """It was answered."""

    enquiry_id: int
    resident_id: int
    institution_id: int
