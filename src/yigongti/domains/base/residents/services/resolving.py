"""Finding out, for whole frames of incoming rows, whom each row is about: the path of every batch into the index.

A number decides where there is one (the sender's patient number, then an identity document), unless the row's own
name contradicts it; else the candidates are scored. A row that could mean somebody known, but not surely, gets an
entry of its own and a question to staff, so that nothing is lost and nothing is mixed up.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import polars as pl
from django.db import transaction
from numpy.typing import NDArray

from yigongti.domains.base.residents import candidates, intake
from yigongti.domains.base.residents.candidates import NOBODY
from yigongti.domains.base.residents.cleaning import clean, with_all_columns
from yigongti.domains.base.residents.columns import array, fetch, packed
from yigongti.domains.base.residents.comparison import compare_names
from yigongti.domains.base.residents.formulas import ORDER
from yigongti.domains.base.residents.incoming import COLUMNS, Incoming, given, listed
from yigongti.domains.base.residents.judging import Outcome as Verdict
from yigongti.domains.base.residents.judging import Thresholds, judge
from yigongti.domains.base.residents.linkage import pairs_within
from yigongti.domains.base.residents.models import Review
from yigongti.domains.base.residents.names import read_names
from yigongti.domains.base.residents.services import storing
from yigongti.domains.base.residents.services.handover import ask_for_handover
from yigongti.domains.base.residents.services.storing import Origin
from yigongti.domains.base.residents.weights import Name
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor
from yigongti.kernel.audit.api import record

ROW = "row_no"
AT_ONCE = 50_000


class Outcome(StrEnum):
    """What became of a row. Only a refused one has no resident."""

    KNOWN = "known"  # by a number
    LINKED = "linked"  # by everything else together
    CREATED = "created"
    REVIEW = "review"  # stored, and a question asked
    REFUSED = "refused"


RESULT = {
    ROW: pl.UInt32(),
    "resident_id": pl.Int64(),
    "outcome": pl.String(),
    "reason": pl.String(),
    "created": pl.Boolean(),
    "changed": pl.Boolean(),
}


def resolve(frame: pl.DataFrame, *, source_id: int | None, actor: Actor, batch_id: int | None = None) -> pl.DataFrame:
    """Whom every row is about; adds who is new and what is new about who is known. See ``api.resolve``."""
    if ROW not in frame.columns:
        frame = frame.with_row_index(ROW)
    origin = Origin(source_id, batch_id, actor.id)
    persons = with_all_columns(frame).with_columns(frame[ROW].cast(pl.UInt32()))
    distinct = persons.select(*COLUMNS).unique(maintain_order=True).with_row_index("person")
    with transaction.atomic():
        done = [
            _resolve(part, origin) for part in distinct.drop("person").iter_slices(AT_ONCE)
        ]  # later parts see what earlier ones added
        found = (pl.concat(done) if done else pl.DataFrame(schema=_FOUND)).with_row_index("person")
        result = (
            persons.join(distinct, on=list(COLUMNS), how="left", nulls_equal=True, maintain_order="left")
            .join(found, on="person", how="left", maintain_order="left")
            .select(pl.col(name).cast(dtype) for name, dtype in RESULT.items())
        )
        changed = found.filter(pl.col("changed") | pl.col("outcome").is_in([Outcome.CREATED, Outcome.REVIEW]))
        if not changed.is_empty():
            record(
                actor=actor,
                act="residents.resolve",
                subject=f"batch:{batch_id}" if batch_id is not None else "frame",
                organisation_id=source_id,
                detail=dict(found.group_by("outcome").len().sort("outcome").iter_rows()),
            )
    return result


_FOUND = {name: dtype for name, dtype in RESULT.items() if name != ROW}


@dataclass
class _State:
    """What is known so far of each record of one part."""

    resident_id: NDArray[np.int64]
    outcome: NDArray[np.object_]  # None while open
    reason: NDArray[np.object_]
    created: NDArray[np.bool_]  # an entry of its own was made
    changed: NDArray[np.bool_]
    has_patient: NDArray[np.bool_]  # the patient number is stored already
    has_document: NDArray[np.bool_]  # the document is stored already (for whomever)

    @classmethod
    def of(cls, count: int) -> "_State":
        nothing, no = np.full(count, None, np.object_), np.zeros(count, bool)
        return cls(np.zeros(count, np.int64), nothing, nothing.copy(), no, no.copy(), no.copy(), no.copy())

    def settle(self, k: int, resident_id: int, outcome: Outcome, reason: str | None = None) -> None:
        self.resident_id[k], self.outcome[k] = resident_id, outcome
        if reason is not None:
            self.reason[k] = reason

    def refuse(self, k: int, reason: str) -> None:
        self.settle(k, NOBODY, Outcome.REFUSED, reason)

    def are(self, *outcomes: Outcome | None) -> NDArray[np.int64]:
        """The rows with one of these outcomes."""
        return np.flatnonzero([outcome in outcomes for outcome in self.outcome])

    def open(self) -> NDArray[np.int64]:
        return self.are(None)


def _resolve(part: pl.DataFrame, origin: Origin) -> pl.DataFrame:
    incoming = clean(part)
    state = _State.of(len(incoming))
    _refuse_faulty(incoming, state)
    _by_numbers(incoming, state, origin)
    rest = state.open()
    if len(rest):
        storing.queue()
        _by_numbers(incoming, state, origin)  # another transaction may have added them while we waited
        thresholds = Thresholds.in_force()
        while len(rest := state.open()):
            first = _one_of_each(incoming, rest, thresholds)
            _by_everything(incoming, state, rest[first], origin, thresholds)
            if not first.all():
                _by_numbers(incoming, state, origin)
    _learn(incoming, state, origin)
    _question_details(incoming, state, origin)
    return pl.DataFrame(
        {
            "resident_id": state.resident_id,
            "outcome": state.outcome.tolist(),
            "reason": state.reason.tolist(),
            "created": state.created,
            "changed": state.changed,
        },
        schema=_FOUND,
    ).with_columns(pl.col("resident_id").replace(NOBODY, None))


def _refuse_faulty(incoming: Incoming, state: _State) -> None:
    for k in np.flatnonzero(incoming.id_fault >= 0).tolist():
        state.refuse(k, intake.FAULTS[ORDER[incoming.id_fault[k]]])
    for k in np.flatnonzero(~incoming.named).tolist():
        nothing = not (incoming.patient_blinds[k] or incoming.id_blinds[k] or incoming.card_blinds[k])
        if state.outcome[k] is None and nothing and not incoming.names.keys[k]:
            state.refuse(k, intake.NO_IDENTITY)


def _by_numbers(incoming: Incoming, state: _State, origin: Origin) -> None:
    """Settle every open record that one of its numbers already names, or that its numbers contradict."""
    rest = state.open()
    if not len(rest):
        return
    some = incoming if len(rest) == len(incoming) else incoming.take(rest)
    by_patient = candidates.by_numbers(some.patient_blinds, origin.source_id)
    by_document = candidates.by_numbers(some.id_blinds, None)
    state.has_patient[rest], state.has_document[rest] = by_patient != NOBODY, by_document != NOBODY

    certain = (by_patient != NOBODY) & (by_document == by_patient)
    state.resident_id[rest[certain]] = by_patient[certain]
    state.outcome[rest[certain]] = Outcome.KNOWN
    doubtful = ~certain & ((by_patient != NOBODY) | (by_document != NOBODY) | (some.names.length == 0))
    new_document = doubtful & (by_patient != NOBODY) & (by_document == NOBODY) & some.has_id
    contradicted = _has_other_document(by_patient, some, np.flatnonzero(new_document))
    asked = _asked_about(by_patient, by_document)
    names = candidates.name_keys(np.where(by_patient != NOBODY, by_patient, by_document)[doubtful])
    keys = some.names.keys
    for k in np.flatnonzero(doubtful).tolist():
        row, who, other = int(rest[k]), int(by_patient[k]), int(by_document[k])
        if who != NOBODY:
            if (who, other) in asked:
                state.settle(row, who, Outcome.KNOWN)  # people are deciding whether the two are one
            elif other != NOBODY or k in contradicted:
                state.refuse(row, intake.NUMBERS_DISAGREE)
            elif not some.named[k] or _names_fit(keys[k], names[who]):
                state.settle(row, who, Outcome.KNOWN)
            else:
                state.refuse(row, intake.PATIENT_OF_ANOTHER)
        elif other != NOBODY:
            if not keys[k] or keys[k] == names[other]:
                state.settle(row, other, Outcome.KNOWN)
        elif not some.has_id[k] and some.card_blinds[k] is None:
            state.refuse(row, intake.UNKNOWN_PATIENT)


def _asked_about(some: NDArray[np.int64], others: NDArray[np.int64]) -> set[tuple[int, int]]:
    """The pairs of differing entries about which staff are being asked whether they are one person."""
    two = (some != NOBODY) & (others != NOBODY) & (some != others)
    pairs = set(zip(some[two].tolist(), others[two].tolist(), strict=True))
    if not pairs:
        return set()
    ids = {one for pair in pairs for one in pair}
    open_ones = Review.objects.filter(
        state=Review.State.OPEN, question=Review.Question.SAME, resident_id__in=ids, candidate_id__in=ids
    ).values_list("resident_id", "candidate_id")
    about = {frozenset(pair) for pair in open_ones}
    return {pair for pair in pairs if frozenset(pair) in about}


def _names_fit(one: str, other: str) -> bool:
    """Whether two names can be one person's, typed twice: up to one character apart. Who was unnamed fits anybody."""
    if not other or one == other:
        return True
    both = read_names([one, other])
    level = compare_names(both, np.array([0]), both, np.array([1]))[0]
    return bool(level in range(1, Name.OTHER_SURNAME + 1))


def _has_other_document(ids: NDArray[np.int64], incoming: Incoming, which: NDArray[np.int64]) -> set[int]:
    """Rows whose resident, under any of their entries, already has another active document of the same kind."""
    if not len(which):
        return set()
    kinds = listed(incoming.id_kind)
    rows = fetch(
        f"""
        WITH RECURSIVE entry AS (
            SELECT k.id, k.kind, k.n FROM unnest({array("bigint")}, {array("text")}) WITH ORDINALITY AS k (id, kind, n)
            UNION ALL
            SELECT r.id, e.kind, e.n FROM entry e JOIN residents_resident r ON r.merged_into_id = e.id
        )
        SELECT e.n FROM entry e WHERE EXISTS (
            SELECT FROM residents_identifier i
            WHERE i.resident_id = e.id AND i.kind = e.kind AND i.active AND i.source_id IS NULL
        )
        """,  # noqa: S608  (constants)
        [packed(ids[which].tolist()), packed([kinds[k] for k in which.tolist()])],
    )
    return {int(which[row[0] - 1]) for row in rows}


def _one_of_each(incoming: Incoming, rest: NDArray[np.int64], thresholds: Thresholds) -> NDArray[np.bool_]:
    """Of open records that could be one person among themselves, the first only: the others then meet its entry."""
    some = incoming.take(rest)
    first = np.ones(len(rest), bool)
    _, later, _ = pairs_within(some, at_least=thresholds.review_at)
    first[later] = False
    return first


def _by_everything(
    incoming: Incoming, state: _State, rows: NDArray[np.int64], origin: Origin, thresholds: Thresholds
) -> None:
    """Settle records no number settled: link to the best candidate, ask, or add."""
    some = incoming.take(rows)
    judged = judge(some, candidates.find(some), thresholds=thresholds)
    link = np.array([verdict is Verdict.LINK for verdict in judged.outcome], bool)
    review = np.array([verdict is Verdict.REVIEW for verdict in judged.outcome], bool)
    for k in np.flatnonzero(link).tolist():
        state.settle(int(rows[k]), int(judged.resident_id[k]), Outcome.LINKED)
    new = np.flatnonzero(~link)
    if not len(new):
        return
    fresh = some.take(new)
    ids = storing.create(fresh, origin, with_document=~state.has_document[rows[new]])  # looked up since we queued
    for k, resident_id in zip(new.tolist(), ids.tolist(), strict=True):
        outcome = Outcome.REVIEW if review[k] else Outcome.CREATED
        state.settle(int(rows[k]), resident_id, outcome, intake.POSSIBLY_KNOWN if review[k] else None)
        state.created[int(rows[k])] = state.changed[int(rows[k])] = True
    asked = np.flatnonzero(review)
    entry = dict(zip(new.tolist(), ids.tolist(), strict=True))
    Review.objects.bulk_create(
        [
            Review(
                resident_id=entry[k],
                candidate_id=int(judged.resident_id[k]),
                score=round(float(judged.score[k]), 1),
                reasons=[reason.code for reason in judged.reasons(k)],
                source_id=origin.source_id,
                batch_id=origin.batch_id,
                opened_at=clock.now(),
            )
            for k in asked.tolist()
        ]
    )


def _learn(incoming: Incoming, state: _State, origin: Origin) -> None:
    """Add to known residents what the records say beyond what is stored."""
    met = state.are(Outcome.KNOWN, Outcome.LINKED)
    if not len(met):
        return
    some = incoming if len(met) == len(incoming) else incoming.take(met)
    ids = state.resident_id[met]
    patient = ~state.has_patient[met] & given(some.patient_blinds)
    document = np.flatnonzero(~state.has_document[met] & some.has_id)
    taken = _has_other_document(ids, some, document)
    card = given(some.card_blinds)
    if card.any():
        card &= candidates.by_numbers(some.card_blinds, None) == NOBODY
    learned = storing.learn(
        some,
        ids,
        origin,
        patient=np.flatnonzero(patient),
        document=np.array([k for k in document.tolist() if k not in taken], np.int64),
        card=np.flatnonzero(card),
    )
    state.changed[met] |= learned.changed
    for k in met[learned.managed_elsewhere].tolist():
        state.outcome[k], state.reason[k] = Outcome.REVIEW, intake.MANAGED_ELSEWHERE
    ask_for_handover(
        dict(
            zip(
                ids[learned.managed_elsewhere].tolist(),
                some.take(learned.managed_elsewhere).column("managing_institution_id"),
                strict=True,
            )
        ),
        origin,
    )


def _question_details(incoming: Incoming, state: _State, origin: Origin) -> None:
    """Ask staff where a typed birth date or sex contradicts the identity number (which has a check character)."""
    asked: dict[int, list[str]] = {}
    for codes, code in (
        (incoming.birth_date_differs, intake.BIRTH_DATE_DIFFERS),
        (incoming.sex_differs, intake.SEX_DIFFERS),
    ):
        for k in np.flatnonzero(codes).tolist():
            if state.outcome[k] is not Outcome.REFUSED:
                asked.setdefault(k, []).append(code)
                state.outcome[k] = Outcome.REVIEW
                state.reason[k] = state.reason[k] or code
    Review.objects.bulk_create(
        [
            Review(
                resident_id=int(state.resident_id[k]),
                question=Review.Question.DETAILS,
                reasons=codes,
                source_id=origin.source_id,
                batch_id=origin.batch_id,
                opened_at=clock.now(),
            )
            for k, codes in asked.items()
        ],
        ignore_conflicts=True,
    )
