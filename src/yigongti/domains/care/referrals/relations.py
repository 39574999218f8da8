"""Why the receiver may read the record of a resident referred to it: from acceptance until so many days after the end.

Before it accepts, the receiver has the summary the sender chose, no more. For a referral that ended without the patient
coming, access ends with it. How many days is policy (``referrals.access_days``).
"""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yigongti.domains.base.health_record import api as health_record
from yigongti.domains.base.health_record.api import Relation, register_relation
from yigongti.domains.care.referrals.models import Referral
from yigongti.domains.care.referrals.workflow import WITH_THE_RECEIVER
from yigongti.kernel import clock
from yigongti.kernel.access.api import Actor


def find(actor: Actor, cluster: tuple[int, ...]) -> Relation | None:
    """The relation of the actor's institutions to a person by a referral; open-ended while the referral is."""
    scope = actor.organisations(health_record.VIEW)
    if not scope:
        return None
    now = clock.now()
    found = (
        Referral.objects.unscoped("asks whether there is a relation at all")
        .filter(resident_id__in=cluster, receiver_id__in=scope)
        .filter(Q(state__in=WITH_THE_RECEIVER) | Q(access_until__gt=now))
        .values_list("access_until", flat=True)
    )
    untils = list(found)
    if not untils:
        return None
    return Relation("referral", None if None in untils else max(untils))


register_relation(find, referral=_("转诊"))
