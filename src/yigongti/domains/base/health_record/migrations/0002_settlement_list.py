"""Amounts below zero where a claim takes another back; claims found by their number, by themselves and by who reverses
them. The published months get the settlement list's columns: they are published again."""

from django.db import migrations

WITH_REVERSALS = """
ALTER TABLE health_record_fact DROP CONSTRAINT fact_money;
ALTER TABLE health_record_fact DROP CONSTRAINT fact_of_its_kind;
ALTER TABLE health_record_fact ADD CONSTRAINT fact_money CHECK (
    CASE WHEN kind = 'claim' AND coalesce(detail ->> 'reverses', '') <> ''
         THEN total_fen <= 0 AND fund_fen <= 0 AND self_paid_fen <= 0
         ELSE total_fen >= 0 AND fund_fen >= 0 AND self_paid_fen >= 0 END
);
ALTER TABLE health_record_fact ADD CONSTRAINT fact_of_its_kind CHECK (
    CASE kind
        WHEN 'encounter' THEN
            setting IN ('outpatient', 'emergency', 'inpatient', 'home', 'remote') AND encounter_no <> ''
            AND fund_fen IS NULL AND self_paid_fen IS NULL AND value IS NULL AND value_text = ''
        WHEN 'claim' THEN
            setting IN ('outpatient', 'emergency', 'inpatient', 'pharmacy')
            AND total_fen IS NOT NULL AND fund_fen IS NOT NULL AND self_paid_fen IS NOT NULL
            AND abs(fund_fen + self_paid_fen) <= abs(total_fen) AND value IS NULL AND value_text = ''
        WHEN 'observation' THEN
            code <> '' AND (value IS NOT NULL OR value_text <> '') AND total_fen IS NULL AND fund_fen IS NULL
        WHEN 'condition' THEN code <> '' AND total_fen IS NULL AND fund_fen IS NULL AND value IS NULL
        WHEN 'procedure' THEN code <> '' AND total_fen IS NULL AND fund_fen IS NULL AND value IS NULL
        WHEN 'medication' THEN display <> '' AND fund_fen IS NULL
        WHEN 'immunisation' THEN display <> '' AND total_fen IS NULL AND fund_fen IS NULL
        WHEN 'document' THEN display <> '' AND total_fen IS NULL AND fund_fen IS NULL
        ELSE false
    END
);
CREATE INDEX health_record_fact_claim_no ON health_record_fact (record_no) WHERE kind = 'claim';
CREATE INDEX health_record_fact_reverses ON health_record_fact ((detail ->> 'reverses'))
    WHERE kind = 'claim' AND (detail ->> 'reverses') IS NOT NULL;
INSERT INTO lake_stale (dataset, month, marked_at) SELECT dataset, month, now() FROM lake_part WHERE dataset = 'claims';
"""

UNDO = """
DROP INDEX health_record_fact_reverses;
DROP INDEX health_record_fact_claim_no;
ALTER TABLE health_record_fact DROP CONSTRAINT fact_money;
ALTER TABLE health_record_fact ADD CONSTRAINT fact_money
    CHECK (total_fen >= 0 AND fund_fen >= 0 AND self_paid_fen >= 0);
INSERT INTO lake_stale (dataset, month, marked_at) SELECT dataset, month, now() FROM lake_part WHERE dataset = 'claims';
"""


class Migration(migrations.Migration):

    dependencies = [("health_record", "0001_initial"), ("lake", "0001_initial")]

    operations = [migrations.RunSQL(WITH_REVERSALS, UNDO)]
