"""The published months of claims get what lies outside the insurance list, and their home by the day they were settled:
they are published again."""

from django.db import migrations

AGAIN = """
INSERT INTO lake_stale (dataset, month, marked_at) SELECT dataset, month, now() FROM lake_part WHERE dataset = 'claims';
"""


class Migration(migrations.Migration):

    dependencies = [
        ("health_record", "0002_settlement_list"),
        ("lake", "0001_initial"),
        ("residents", "0006_managed_before"),
    ]

    operations = [migrations.RunSQL(AGAIN, AGAIN)]
