"""The master index of residents, for everybody above."""

import polars as pl

from yigongti.domains.base.residents.actions import Action, actions_for, register_action
from yigongti.domains.base.residents.barcode import BarcodeRefused, make_barcode, read_barcode
from yigongti.domains.base.residents.events import MergeUndone, ResidentHandedOver, ResidentRegistered, ResidentsMerged
from yigongti.domains.base.residents.guardians import (
    OF_AGE,
    Acting,
    guardians,
    has_died,
    is_of_age,
    plain_name,
    signature,
    signed_by,
    ward_ids,
    wards,
)
from yigongti.domains.base.residents.matching import MatchResult, Person, match
from yigongti.domains.base.residents.permissions import SCAN, SEARCH
from yigongti.domains.base.residents.search import Found, search
from yigongti.domains.base.residents.selectors import (
    Card,
    Housemate,
    Identity,
    Number,
    Standing,
    card,
    cards,
    cluster,
    household,
    identity,
    insured_counts,
    numbers,
    phones,
    standing,
    whole,
)
from yigongti.domains.base.residents.services import resolving
from yigongti.domains.base.residents.services.guardianship import NotPossible as GuardianshipNotPossible
from yigongti.domains.base.residents.services.guardianship import end_guardianship, record_guardianship
from yigongti.domains.base.residents.sign_in import Reachable, adults_with_phone, plain_number, reachable
from yigongti.kernel.access.api import Actor

__all__ = [
    "OF_AGE",
    "SCAN",
    "SEARCH",
    "Acting",
    "Action",
    "BarcodeRefused",
    "Card",
    "Found",
    "GuardianshipNotPossible",
    "Housemate",
    "Identity",
    "MatchResult",
    "MergeUndone",
    "Number",
    "Person",
    "Reachable",
    "ResidentHandedOver",
    "ResidentRegistered",
    "ResidentsMerged",
    "Standing",
    "actions_for",
    "adults_with_phone",
    "card",
    "cards",
    "cluster",
    "end_guardianship",
    "guardians",
    "has_died",
    "household",
    "identity",
    "insured_counts",
    "is_of_age",
    "make_barcode",
    "match",
    "numbers",
    "phones",
    "plain_name",
    "plain_number",
    "reachable",
    "read_barcode",
    "record_guardianship",
    "register_action",
    "resolve",
    "search",
    "signature",
    "signed_by",
    "standing",
    "ward_ids",
    "wards",
    "whole",
]


def resolve(frame: pl.DataFrame, *, source_id: int | None, actor: Actor, batch_id: int | None = None) -> pl.DataFrame:
    """Whom each row of an incoming frame is about; adds to the index who is new and what is new about who is known.

    ``frame`` has ``row_no`` (any integers, unique) and any of: patient_no, name, sex (GB/T 2261.1 code),
    birth_date (Date), id_type (CV02.01.101 code; null means 01), id_number, phone, card_no, address,
    household_no, relation_to_head, managing_institution_id, insurance_kind. Rows that say the same of a person
    are looked at once, so a frame may have many rows per person. ``source_id`` is the sending organisation:
    patient numbers hold per source.

    Gives one row per row of the frame, in its order: ``row_no`` UInt32, ``resident_id`` (null exactly when
    refused), ``outcome`` (known, linked, created, review, refused), ``reason`` (null, or a code of intake's
    reasons: why it was refused or what staff are asked), ``created`` (an entry was made: the person is new, or possibly
    known), ``changed`` (something was stored about the person; always where an entry was made).

    Refused: a wrong check character or otherwise impossible identity number (id_length, id_characters, id_region,
    id_birth_date, id_check); neither name nor number (no_identity); only a patient number that was never sent with
    a name (unknown_patient); numbers of two persons (numbers_disagree); a patient number whose holder has
    another name (patient_of_another). Review: possibly_known (an entry of its own was made and staff are asked);
    birth_date_differs, sex_differs (from the identity number); managed_elsewhere (a known resident of another
    institution, which is asked whether to hand over). The last three are also asked about residents known before.

    Runs in the caller's transaction or its own. Calling it again with the same rows changes nothing.
    """
    return resolving.resolve(frame, source_id=source_id, actor=actor, batch_id=batch_id)
