"""What grouping listens to: a batch that is in."""

from yigongti.kernel.events import subscribe
from yigongti.kernel.intake.api import BatchStored


@subscribe(BatchStored)
def _stored(event: BatchStored) -> None:
    from yigongti.domains.money.drg.tasks import regroup
    from yigongti.kernel.jobs.api import defer

    if event.months:
        defer(regroup, once="drg.regroup")
