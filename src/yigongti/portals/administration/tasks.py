"""The nightly walk along the audit trail."""

import logging

from procrastinate.contrib.django import app

from yigongti.kernel.audit import api as audit
from yigongti.kernel.jobs.api import task

log = logging.getLogger(__name__)


@app.periodic(cron="17 19 * * *")  # UTC: 3:17 in the morning
@task("administration.verify_trail", retry=False)
def verify_trail(timestamp: int) -> None:
    """Verify and anchor the trail; a fault fails the job, loudly, and stays to be seen on the page."""
    result = audit.verify()
    if not result.sound:
        log.critical("the audit trail is not as it was written: %d faults", len(result.faults))
        raise TrailBroken(f"{len(result.faults)} faults")


class TrailBroken(Exception):
    """The audit trail has faults."""
