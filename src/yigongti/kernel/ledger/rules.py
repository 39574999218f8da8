"""What the database itself refuses, and the sums it keeps. Everything here runs inside PostgreSQL, whoever writes.

The lines of an entry come in one statement and sum to zero: checked once per statement over all its lines, which costs
a fraction of a check per line; as they are numbered from 1 to the entry's size, none can come later. That every entry
has got its lines is checked when the transaction ends. What a line points to exists, and is never deleted, so the same
look takes the place of foreign keys, which would look once per line.

Queries over what grows are planned when they run (EXECUTE): a plan kept from when the tables were small would read them
whole each time.
"""

import pgtrigger

FRESH = pgtrigger.Referencing(new="fresh")  # type: ignore[no-untyped-call]

ZERO_AND_WHOLE = pgtrigger.Trigger(
    name="a_zero_and_whole",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    referencing=FRESH,
    declare=[("lost", "boolean"), ("elsewhere", "boolean"), ("wrong", "boolean")],
    func="""
        EXECUTE $q$
            SELECT bool_or(e.id IS NULL OR a.id IS NULL OR (f.counterparty_id IS NOT NULL AND b.id IS NULL)),
                   bool_or(a.book_id <> e.book_id)
            FROM fresh f LEFT JOIN ledger_entry e ON e.id = f.entry_id
            LEFT JOIN ledger_account a ON a.id = f.account_id LEFT JOIN ledger_book b ON b.id = f.counterparty_id
        $q$ INTO lost, elsewhere;
        IF lost THEN
            RAISE EXCEPTION 'a line names an entry, account or book that does not exist'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'ledger_line_exists';
        END IF;
        IF elsewhere THEN
            RAISE EXCEPTION 'a line stands in an account of its own book'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_line_own_book';
        END IF;
        EXECUTE $q$
            SELECT EXISTS (
                SELECT 1 FROM (
                    SELECT entry_id, sum(fen) AS total, count(*) AS counted, min(number) AS least, max(number) AS most
                    FROM fresh GROUP BY entry_id
                ) AS whole JOIN ledger_entry e ON e.id = whole.entry_id
                WHERE total <> 0 OR counted <> e.size OR least <> 1 OR most <> e.size
            )
        $q$ INTO wrong;
        IF wrong THEN
            RAISE EXCEPTION 'the lines of an entry come together and sum to zero'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entry_sums_to_zero';
        END IF;
        RETURN NULL;
    """,
)

# The months' sums are written by the database with the lines they sum, so they can't part from them.
KEEP_THE_SUMS = pgtrigger.Trigger(
    name="b_keep_the_sums",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    referencing=FRESH,
    func="""
        EXECUTE $q$
            INSERT INTO ledger_monthsum AS kept (account_id, month, counterparty_id, debit_fen, credit_fen, lines)
            SELECT fresh.account_id, date_trunc('month', e.on_day)::date, fresh.counterparty_id,
                   sum(greatest(fresh.fen, 0)), sum(greatest(-fresh.fen, 0)), count(*)
            FROM fresh JOIN ledger_entry e ON e.id = fresh.entry_id
            GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            ON CONFLICT ON CONSTRAINT ledger_monthsum_once DO UPDATE
            SET debit_fen = kept.debit_fen + excluded.debit_fen, credit_fen = kept.credit_fen + excluded.credit_fen,
                lines = kept.lines + excluded.lines
        $q$;
        RETURN NULL;
    """,
)

# At the end of the transaction: an entry whose lines never came. Those that came are whole and sum to zero.
HAS_ITS_LINES = pgtrigger.Trigger(
    name="has_its_lines",
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    timing=pgtrigger.Deferred,
    declare=[("total", "numeric"), ("counted", "bigint")],
    func="""
        EXECUTE 'SELECT sum(fen), count(*) FROM ledger_line WHERE entry_id = $1' INTO total, counted USING NEW.id;
        IF counted <> NEW.size OR total <> 0 THEN
            RAISE EXCEPTION 'entry % has % of % lines, which sum to %', NEW.id, counted, NEW.size, total
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entry_sums_to_zero';
        END IF;
        RETURN NULL;
    """,
)

# The book is held against a closing, so that a month cannot close between this look and the entry's commit. A closing
# takes no more than that: whoever only names the book as counterparty need not wait for it.
IN_AN_OPEN_MONTH = pgtrigger.Trigger(
    name="in_an_open_month",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    referencing=FRESH,
    func="""
        PERFORM 1 FROM ledger_book WHERE id IN (SELECT book_id FROM fresh) ORDER BY id FOR SHARE;
        IF EXISTS (
            SELECT 1 FROM fresh JOIN ledger_book b ON b.id = fresh.book_id WHERE fresh.on_day < b.first_month
        ) OR EXISTS (
            SELECT 1 FROM fresh JOIN ledger_closedmonth c
            ON c.book_id = fresh.book_id AND c.month = date_trunc('month', fresh.on_day)::date
        ) THEN
            RAISE EXCEPTION 'the month is closed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_month_is_open';
        END IF;
        RETURN NULL;
    """,
)

# Months close one after the other, from the book's first.
IN_ORDER = pgtrigger.Trigger(
    name="in_order",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    declare=[("following", "date")],
    func="""
        PERFORM 1 FROM ledger_book WHERE id = NEW.book_id FOR NO KEY UPDATE;
        SELECT coalesce(
            (SELECT (max(month) + interval '1 month')::date FROM ledger_closedmonth WHERE book_id = NEW.book_id),
            (SELECT first_month FROM ledger_book WHERE id = NEW.book_id)
        ) INTO following;
        IF NEW.month <> following THEN
            RAISE EXCEPTION 'the next month to close is %', following
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_months_close_in_order';
        END IF;
        RETURN NEW;
    """,
)

ONLY_WITH_LINES = pgtrigger.Trigger(
    name="only_with_lines",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
    func="""
        IF pg_trigger_depth() < 2 THEN
            RAISE EXCEPTION 'the sums are written with the lines they sum'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_monthsum_with_lines';
        END IF;
        RETURN NEW;
    """,
)

FOR_EVER = pgtrigger.Protect(name="for_ever", operation=pgtrigger.Update | pgtrigger.Delete)

# TRUNCATE passes every rule about rows. Books are emptied only with the whole database, trail included (setting up
# anew): as long as the trail says what was done, what it says stands.
NEVER_EMPTIED = pgtrigger.Trigger(
    name="never_emptied",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Truncate,
    func="""
        IF EXISTS (SELECT 1 FROM audit_line) THEN
            RAISE EXCEPTION '% is not emptied', TG_TABLE_NAME USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    """,
)
