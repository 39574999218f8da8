"""Who lives under which household number (户号), as the latest record of each sender says."""

import numpy as np
from numpy.typing import NDArray

from yigongti.domains.base.residents.columns import array, fetch, packed
from yigongti.domains.base.residents.incoming import Incoming
from yigongti.kernel import clock

LONGEST_RELATION = 40


def keep_households(incoming: Incoming, ids: NDArray[np.int64], source_id: int | None) -> NDArray[np.int64]:
    """Bring memberships up to date for the rows that name a household; gives the rows where something changed.

    Household numbers hold per sender. A person who moves leaves the sender's other households that day.
    """
    numbers = incoming.column("household_no")
    relations = incoming.column("relation_to_head")
    last = {int(ids[k]): k for k, number in enumerate(numbers) if number is not None}
    if not last:
        return np.zeros(0, np.int64)
    rows = list(last.values())
    values = {
        "resident": packed(list(last)),
        "number": packed([numbers[k][:64] for k in rows]),
        "relation": packed([(relations[k] or "")[:LONGEST_RELATION] for k in rows]),
        "source": source_id,
        "today": clock.today(),
    }
    fetch(
        f"""
        INSERT INTO residents_household (source_id, number)
        SELECT DISTINCT %(source)s::bigint, number FROM unnest({array("text", "number")}) AS k (number)
        ON CONFLICT DO NOTHING RETURNING id
        """,  # noqa: S608  (constants)
        values,
    )
    changed = {row[0] for sql in (_LEAVE, _RELATE, _JOIN) for row in fetch(sql, values)}
    return np.array([last[resident_id] for resident_id in changed], np.int64)


_SAID = f"""
    WITH said AS (
        SELECT k.resident_id, h.id AS household_id, COALESCE(k.relation, '') AS relation
        FROM unnest({array("bigint", "resident")}, {array("text", "number")}, {array("text", "relation")})
            AS k (resident_id, number, relation)
        JOIN residents_household h
            ON h.number = k.number AND h.source_id IS NOT DISTINCT FROM %(source)s::bigint
    )
"""  # noqa: S608  (constants)
_LEAVE = f"""{_SAID}
    UPDATE residents_membership m SET ends_on = GREATEST(%(today)s::date, m.starts_on)
    FROM said, residents_household h
    WHERE m.resident_id = said.resident_id AND m.ends_on IS NULL AND m.household_id <> said.household_id
        AND h.id = m.household_id AND h.source_id IS NOT DISTINCT FROM %(source)s::bigint
    RETURNING m.resident_id
"""  # noqa: S608  (constants)
_RELATE = f"""{_SAID}
    UPDATE residents_membership m SET relation = said.relation
    FROM said
    WHERE m.resident_id = said.resident_id AND m.household_id = said.household_id AND m.ends_on IS NULL
        AND said.relation <> '' AND m.relation <> said.relation
    RETURNING m.resident_id
"""  # noqa: S608  (constants)
_JOIN = f"""{_SAID}
    INSERT INTO residents_membership (household_id, resident_id, relation, starts_on)
    SELECT said.household_id, said.resident_id, said.relation, %(today)s::date FROM said
    WHERE NOT EXISTS (
        SELECT FROM residents_membership m
        WHERE m.resident_id = said.resident_id AND m.household_id = said.household_id AND m.ends_on IS NULL
    )
    RETURNING resident_id
"""  # noqa: S608  (constants)
