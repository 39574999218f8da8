"""The statements that post: arrays in, so that many entries are written at once."""

COUNTERS = """
    INSERT INTO ledger_numbering (book_id, year, last)
    SELECT book_id, year, 0 FROM unnest(%s::bigint[], %s::smallint[]) AS wanted (book_id, year)
    ON CONFLICT (book_id, year) DO NOTHING
"""
LOCK = """
    SELECT 1 FROM ledger_numbering n JOIN unnest(%s::bigint[], %s::smallint[]) AS wanted (book_id, year)
    USING (book_id, year) ORDER BY n.book_id, n.year FOR UPDATE OF n
"""
ENTRIES = """
    INSERT INTO ledger_entry (
        book_id, on_day, year, number, summary, template, source, again, address, size, content, reverses_id,
        prepared_by_id, approved_by_id, posted_by_id, posted_at
    )
    SELECT wanted.*, %s::bigint, %s::timestamptz FROM unnest(
        %s::bigint[], %s::date[], %s::smallint[], %s::integer[], %s::text[], %s::text[], %s::text[], %s::smallint[],
        %s::text[], %s::smallint[], %s::bytea[], %s::bigint[], %s::bigint[], %s::bigint[]
    ) AS wanted RETURNING source, id
"""
LINES = """
    INSERT INTO ledger_line (entry_id, number, account_id, fen, counterparty_id, note)
    SELECT * FROM unnest(%s::bigint[], %s::smallint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[])
"""
TAKE = """
    UPDATE ledger_numbering n SET last = n.last + wanted.many
    FROM unnest(%s::bigint[], %s::smallint[], %s::integer[]) AS wanted (book_id, year, many)
    WHERE n.book_id = wanted.book_id AND n.year = wanted.year RETURNING n.book_id, n.year, n.last
"""
