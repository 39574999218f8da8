"""Two applications at the same moment don't pass the institution's share together."""

import threading
from typing import Any

import pytest
from django.db import connection

from tests.claims.county import Here, ids
from tests.drg.test_special import APRIL, WHY, filled, hospital
from yigongti.domains.money.drg.models import SpecialReview
from yigongti.domains.money.drg.services.special import SpecialRefused, apply_for
from yigongti.kernel import clock

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_last_place_is_given_once(here: Here) -> None:
    """Twenty discharges make one application: of four at once one is taken."""
    with clock.fixed(APRIL):
        filled(here, dear=4, n=20)
        claims, ends, together = ids(), [], threading.Barrier(4)

        def apply(number: str) -> None:
            with clock.fixed(APRIL):
                together.wait(timeout=20)
                try:
                    apply_for(claims[number], actor=hospital(here), **WHY)
                    ends.append("taken")
                except SpecialRefused as refused:
                    ends.append(str(refused))
                finally:
                    connection.close()

        threads: list[Any] = [threading.Thread(target=apply, args=(f"S{n}",)) for n in (1, 2, 3, 4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
    assert sorted(ends)[-1] == "taken" and len([one for one in ends if "已申请1例，不能再申请" in one]) == 3
    assert SpecialReview.objects.unscoped("test").count() == 1
