"""A place's own accounts beside those the platform ships (data/chart.csv)."""

from django.db import models

from yigongti.kernel.ledger.api import AccountKind


class ChartAccount(models.Model):
    """An account all books of a place have besides the platform's."""

    place = models.CharField(max_length=40)
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=12, choices=AccountKind.choices)
    internal = models.BooleanField(default=False)
    document = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "code"], name="books_chart_code")]
