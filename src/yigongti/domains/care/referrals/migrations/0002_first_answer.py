from django.db import migrations, models
from django.db.models import F


def note_first(apps, schema_editor):
    """Referrals sent before: what is known is the time of the last asking."""
    referrals = apps.get_model("referrals", "Referral")
    referrals._base_manager.filter(answer_by__isnull=False).update(first_answer_by=F("answer_by"))


class Migration(migrations.Migration):
    dependencies = [("referrals", "0001_initial")]

    operations = [
        migrations.AddField(
            "referral", "approve_by", models.DateTimeField(editable=False, null=True, verbose_name="审批时限")
        ),
        migrations.AddField(
            "referral", "first_answer_by", models.DateTimeField(editable=False, null=True, verbose_name="首次答复时限")
        ),
        migrations.RunPython(note_first, migrations.RunPython.noop),
    ]
