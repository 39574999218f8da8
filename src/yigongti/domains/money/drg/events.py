"""What grouping listens to: a batch that is in, a decision that changes what is paid."""

from yigongti.kernel.events import subscribe
from yigongti.kernel.intake.api import BatchStored
from yigongti.kernel.workflow.api import StepTaken


@subscribe(BatchStored)
def _stored(event: BatchStored) -> None:
    from yigongti.domains.money.drg.tasks import regroup
    from yigongti.kernel.jobs.api import defer

    if event.months:
        defer(regroup, once="drg.regroup")


@subscribe(StepTaken)
def _decided(event: StepTaken) -> None:
    """A special review that was granted, or coefficients that were approved, change what months are paid."""
    from yigongti.domains.money.drg.tasks import regroup
    from yigongti.kernel.jobs.api import defer

    if (event.workflow, event.to_state) in {("drg.special", "granted"), ("drg.coefficients", "approved")}:
        defer(regroup, once="drg.regroup")
