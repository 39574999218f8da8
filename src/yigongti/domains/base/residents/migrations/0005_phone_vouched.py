import django.db.models.deletion
from django.db import migrations, models

# Phones on record before this counted as their residents' own, and go on doing so.


class Migration(migrations.Migration):
    dependencies = [
        ("organisation", "0005_directory_version"),
        ("residents", "0004_guardianship"),
    ]

    operations = [
        migrations.AddField(
            model_name="phone",
            name="source",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organisation.organisation",
            ),
        ),
        migrations.AddField(
            model_name="phone",
            name="vouched",
            field=models.BooleanField(db_default=True, default=False, verbose_name="可用于登录"),
        ),
        migrations.AlterField(
            model_name="phone",
            name="vouched",
            field=models.BooleanField(db_default=False, default=False, verbose_name="可用于登录"),
        ),
    ]
