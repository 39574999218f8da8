"""What ``run`` promises: whatever is killed, nothing is left behind and the next start works."""

import os
import signal
import socket
import time
import urllib.request
from pathlib import Path

import pytest

from tests.launcher.checkouts import Checkout, left_of


def _free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def _answers(port: str) -> bool:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
        return bool(answer.status == 200)


def test_it_survives_the_death_of_any_of_its_processes(lent: Checkout) -> None:
    port = _free_port()
    with lent.running("--port", port, "--demo-residents", "0") as run:
        for kind, said in (
            ("web", "the web server was killed by SIGKILL"),
            ("worker", "the job worker was killed by SIGKILL"),
            ("postgres", "PostgreSQL ended unexpectedly"),
        ):
            os.kill(run.children()[kind], signal.SIGKILL)
            run.await_words(said)
        _await_answer(port)
        everything = run.all()
        run.process.kill()
        assert not left_of(everything), "a killed supervisor takes everything along"

    with lent.running("--port", port, "--demo-residents", "0") as run:
        assert _answers(port), "and the next start finds nothing in its way"
        second = lent.call("run", "--port", _free_port())
        assert second.returncode == 1
        assert f"process {run.process.pid} runs already" in second.stderr
        guest = lent.call("audit", "verify")
        assert guest.returncode == 0, guest.stderr
        everything = run.all()
        run.process.send_signal(signal.SIGINT)
        assert run.process.wait(60) == 0
        assert not left_of(everything)
        assert run.said.rstrip().endswith("stopped")


def test_a_port_in_use_is_one_clear_line(lent: Checkout) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = lent.call("run", "--port", port, "--demo-residents", "0")
    assert ended.returncode == 1
    assert f"port {port} on 127.0.0.1 is in use" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account for PostgreSQL")
def test_root_runs_it_in_a_folder_that_is_closed_to_others(lent: Checkout, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    lent.environment["YIGONGTI_VAR"] = str(closed / "var")
    for wish in ("system", "wheel"):
        lent.environment["YIGONGTI_POSTGRES"] = wish
        ended = lent.call("audit", "verify")
        if "no PostgreSQL" not in ended.stderr:
            break
    assert ended.returncode == 0, ended.stderr


def test_data_of_another_version_is_refused_in_words(lent: Checkout) -> None:
    data = lent.root / "var" / "postgres" / "14"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("14\n")
    ended = lent.call("audit", "verify")
    assert ended.returncode == 1
    assert "written by PostgreSQL 14" in ended.stderr


def _await_answer(port: str) -> None:
    until = time.monotonic() + 180
    while True:
        try:
            assert _answers(port)
            return
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.2)
