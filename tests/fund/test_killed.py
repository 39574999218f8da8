"""kill -9 in the middle of closing a year, at four places: the year is as it was, and closes the next time."""

import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

from tests.fund.world import publish, running, usual, world
from yigongti.domains.money.insurance_fund import gathering
from yigongti.domains.money.insurance_fund.models import Closing, FundYear, Paid
from yigongti.domains.money.insurance_fund.services import closing
from yigongti.kernel.access.api import system_actor
from yigongti.kernel.lake.models import KeptFile
from yigongti.kernel.ledger.models import Entry
from yigongti.kernel.workflow.api import take_step
from yigongti.kernel.workflow.models import History

pytestmark = pytest.mark.django_db(transaction=True)

STEP = """
import sys, time, django
django.setup()
from datetime import date
pk, stage, step, county = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
from yigongti.domains.money.insurance_fund import postings
from yigongti.domains.money.insurance_fund.models import Closing, FundYear, Paid
from yigongti.domains.money.insurance_fund.services import closing, settling
from yigongti.kernel.workflow import services as workflow
from yigongti.kernel.access.api import Actor, GrantView, Role

def stop():
    print("here", flush=True)
    time.sleep(120)

def after(module, name):
    real = getattr(module, name)
    def wrapped(*args, **kwargs):
        found = real(*args, **kwargs)
        stop()
        return found
    setattr(module, name, wrapped)

places = {
    "summed": (closing.checks, "findings"), "kept": (closing, "keep"), "frozen": (closing, "_tell"),
    "before_commit": (workflow, "record"), "posted": (postings, "post"), "paid": (settling, "_once"),
}
after(*places[stage])
actor = Actor(id=2, name="second", home_organisation_id=county,
              grants=(GrantView(Role.INSURANCE_OFFICER, county, date(2000, 1, 1)),))
case = FundYear.objects.unscoped("test").get(pk=pk)
answers = {"seen": "yes", "on": "2026-02-01"}
workflow.take_step(case, step, actor=actor, answers=answers)
"""


def killed_at(case, stage, step, county):
    """Another process takes the step and is killed when it says that it has come to the place."""
    database = connection.settings_dict
    environment = os.environ | {
        "DATABASE_URL": "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database),
        "YIGONGTI_VAR": str(settings.VAR),
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
    }
    child = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", STEP, str(case.pk), stage, step, str(county)],
        stdout=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.readline() == "here\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert child.returncode == -signal.SIGKILL


def stands(case):
    """All that a closing or a settling writes."""
    return (
        FundYear.objects.unscoped("test").values_list("state", flat=True).get(pk=case.pk),
        Closing.objects.count(),
        KeptFile.objects.count(),
        Paid.objects.count(),
        Entry.objects.unscoped("test").count(),
        History.objects.filter(workflow="insurance_fund.year").count(),
    )


def test_killed_while_a_year_is_closed(settings, tmp_path):
    settings.VAR = tmp_path
    here = world()
    publish(usual(here))
    case = take_step(running(here), "prepare_clearing", actor=here.officer)
    expected = gathering.gather(case).statement.as_json()
    before = stands(case)
    for stage in ("summed", "kept", "frozen", "before_commit"):
        killed_at(case, stage, "approve_clearing", here.id("county"))
        assert stands(case) == before, stage
    case = take_step(case, "approve_clearing", actor=here.second, answers={"seen": "yes"})
    assert gathering.gather(case).statement.as_json() == expected
    assert closing.rerun(case.closing, actor=system_actor("test")).same

    before = stands(case)
    for stage in ("posted", "paid", "before_commit"):
        killed_at(case, stage, "settle", here.id("county"))
        assert stands(case) == before, stage
    case = take_step(case, "settle", actor=here.officer, answers={"on": "2026-02-01"})
    assert case.state == "settled" and Paid.objects.filter(what="surplus").count() == 2
