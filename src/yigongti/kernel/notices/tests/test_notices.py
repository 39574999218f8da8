"""Told once per event and person, whatever is tried again; read by oneself only; a text is delivered once."""

import json
import os
import subprocess
import sys

import pytest
from tests.support.people import person

from yigongti.kernel.access.api import Role, create_account, declare, grant_role, resident_actor, system_actor
from yigongti.kernel.notices import senders, services
from yigongti.kernel.notices.api import deliver_waiting, notify, of_resident, read, read_all
from yigongti.kernel.notices.models import Notice, Text
from yigongti.kernel.notices.selectors import of_account, unread

pytestmark = pytest.mark.django_db

DESK = declare("test.desk", "分诊台", to={Role.COORDINATOR})
HERE, ELSEWHERE, RESIDENT = 501, 502, 9001


@pytest.fixture(autouse=True)
def outbox(settings, tmp_path, monkeypatch):
    settings.VAR = tmp_path
    monkeypatch.setattr(services, "_phone_of", {RESIDENT: "13812345678"}.get)
    return tmp_path / "outbox"


def account(name, organisation_id, role=Role.COORDINATOR, **grant):
    made = create_account(
        name, name, organisation_id=organisation_id, password="Jade-2026-hill", actor=system_actor("test")
    )
    grant_role(made, role, organisation_id=organisation_id, actor=system_actor("test"), **grant)
    return made


def test_a_desk_is_everybody_who_holds_the_permission_there():
    here, also = account("here", HERE), account("also", HERE)
    account("elsewhere", ELSEWHERE), account("doctor", HERE, Role.DOCTOR)
    notify("referral:1", title="紧急转诊", urgent=True, desk=(DESK, HERE))
    assert set(Notice.objects.values_list("account_id", flat=True)) == {here, also}


def test_an_event_is_told_once_whatever_is_retried():
    here = account("here", HERE)
    for _attempt in range(3):
        notify("referral:1", title="转诊", desk=(DESK, HERE), accounts=[here], resident_id=RESIDENT)
    notify("referral:2", title="另一件", accounts=[here])
    assert Notice.objects.filter(account_id=here).count() == 2
    assert Notice.objects.filter(resident_id=RESIDENT).count() == Text.objects.count() == 1


def test_reading_is_ones_own():
    here, other = account("here", HERE), account("other", HERE)
    notify("a", title="甲", address="/referrals/1/", accounts=[here, other])
    mine = of_account(person("coordinator", HERE, id=here)).get()
    assert read(mine.pk, actor=person("coordinator", HERE, id=other)) is None
    assert unread(person("coordinator", HERE, id=here)).count == 1
    assert read(mine.pk, actor=person("coordinator", HERE, id=here)) == "/referrals/1/"
    assert unread(person("coordinator", HERE, id=here)).count == 0
    assert unread(person("coordinator", HERE, id=other)).count == 1
    assert read_all(actor=person("coordinator", HERE, id=other)) == 1


def test_a_resident_reads_his_own_and_his_wards():
    notify("a", title="甲", resident_id=RESIDENT)
    notify("a", title="甲", resident_id=77)
    notice = Notice.objects.get(resident_id=RESIDENT)
    assert read(notice.pk, actor=resident_actor("王**", {77})) is None
    assert read(notice.pk, actor=resident_actor("王**", {77, RESIDENT})) == ""
    assert [n.read_at is None for n in of_resident([RESIDENT])] == [False]
    assert Text.objects.get(notice__resident_id=77).state == Text.State.NO_PHONE


def test_the_newest_urgent_one_is_shown():
    here = account("here", HERE)
    for n, urgent in enumerate((True, True, False)):
        notify(str(n), title=f"第{n}件", urgent=urgent, accounts=[here])
    found = unread(person("coordinator", HERE, id=here))
    assert (found.count, found.urgent.title) == (3, "第1件")


def test_a_text_goes_out_once_and_its_file_has_no_whole_number(outbox):
    notify("a", title="您的转诊已被接收", body="请于明天 9:00 到院。", resident_id=RESIDENT)
    assert deliver_waiting() == 1
    assert deliver_waiting() == 0
    [file] = outbox.iterdir()
    assert json.loads(file.read_text())["phone"] == "138****5678"
    assert oct(file.stat().st_mode)[-3:] == "600"
    assert [one.text for one in senders.sent()] == ["您的转诊已被接收 请于明天 9:00 到院。"]


def test_killed_between_sending_and_noting_it_is_delivered_once(outbox, monkeypatch):
    notify("a", title="甲", resident_id=RESIDENT)
    real = senders.FileSender().send

    class Killed:
        def send(self, **text):
            real(**text)
            raise SystemExit

    monkeypatch.setattr(senders, "sender", Killed)
    with pytest.raises(SystemExit):
        deliver_waiting()
    assert Text.objects.get().state == Text.State.WAITING
    monkeypatch.undo()
    assert deliver_waiting() == 1
    assert len(list(outbox.glob("*.json"))) == 1


def test_one_that_fails_waits_and_keeps_no_other_back(monkeypatch):
    monkeypatch.setattr(services, "_phone_of", {1: "13800000001", 2: "13800000002"}.get)
    notify("a", title="甲", resident_id=1)
    notify("a", title="乙", resident_id=2)
    out = []

    class Half:
        def send(self, *, key, phone, text):
            if phone.endswith("1"):
                raise ConnectionError
            out.append(text)

    monkeypatch.setattr(senders, "sender", Half)
    with pytest.raises(ConnectionError):
        deliver_waiting()
    assert out == ["乙"]
    assert dict(Text.objects.values_list("notice__resident_id", "state")) == {1: "waiting", 2: "sent"}


def test_two_processes_write_one_file(outbox):
    """Two attempts of one key at the same time, from two processes."""
    send = "from yigongti.kernel.notices.senders import FileSender; FileSender().send(key='k', phone='1', text='x')"
    code = f"import django; django.setup(); {send}"
    environment = {**os.environ, "YIGONGTI_VAR": str(outbox.parent), "PYTHONPATH": os.pathsep.join(sys.path)}
    both = [subprocess.Popen([sys.executable, "-c", code], env=environment) for _ in range(2)]  # noqa: S603
    assert [one.wait(60) for one in both] == [0, 0]
    assert len(list(outbox.iterdir())) == 1
