"""Sending a code, and forgetting old ones."""

from procrastinate.contrib.django import app

from yigongti.kernel.jobs.api import task


@task("resident.send_code")
def send_code(code_id: int, known: bool, sealed: str) -> None:
    """Send a code to the phone in the sealed note; that opens while the code is good, so a late job sends none."""
    from yigongti.portals.resident.codes import send

    send(code_id, sealed, known=known)


@app.periodic(cron="17 3 * * *")
@task("resident.forget_codes")
def forget(timestamp: int) -> None:
    """Codes of yesterday."""
    from yigongti.portals.resident.codes import forget_codes

    forget_codes()
