"""The house's own rules hold, and the checks that say so can fail."""

from django.db import models

from yigongti.config.rules import check_house, unguarded, upward_keys
from yigongti.kernel.access.api import ScopedModel
from yigongti.kernel.audit.models import Line


def test_the_house_stands():
    assert check_house(None) == []


def test_a_key_that_points_up_is_found():
    class Above(models.Model):
        __module__ = "yigongti.domains.oversight.made_up.models"

        class Meta:
            app_label = "made_up_above"

    class Below(models.Model):
        __module__ = "yigongti.domains.base.made_up.models"
        up = models.ForeignKey(Above, on_delete=models.CASCADE)
        down = models.ForeignKey(Line, on_delete=models.CASCADE)

        class Meta:
            app_label = "made_up_below"

    assert [error.id for error in upward_keys([Above, Below])] == ["house.E001"]


def test_a_scoped_model_without_a_scope_is_found():
    class Lost(ScopedModel):
        class Meta:
            app_label = "made_up_lost"

    assert [error.id for error in unguarded([Lost])] == ["house.E003"]
