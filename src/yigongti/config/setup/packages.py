"""Python packages: exactly those of ``uv.lock``, into ``.venv``, with the Python that runs the set-up.

An index named in the environment (a mirror, as most hospitals in China need) is used for the packages too:
the lock file's own addresses are then exported as names, versions and hashes, which any mirror can serve.
"""

import os
import subprocess
import sys
from pathlib import Path

from yigongti.config.setup import uv
from yigongti.config.setup.failure import SetUpFailed
from yigongti.config.supervise.paths import ROOT

PYTHON = ROOT / ".venv" / "bin" / "python"


def install(tools: Path, groups: set[str]) -> None:
    """Bring ``.venv`` to the lock file with these dependency groups. Raises SetUpFailed.

    Nothing is taken out that a developer added by hand (``--inexact``).
    """
    program = uv.find(tools)
    environment = dict(os.environ, UV_PYTHON_DOWNLOADS="never", UV_PROJECT_ENVIRONMENT=str(ROOT / ".venv"))
    environment.pop("VIRTUAL_ENV", None)
    if "UV_CACHE_DIR" not in environment and not _home_is_writable():
        environment["UV_CACHE_DIR"] = str(tools / "uv-cache")
    if "SSL_CERT_FILE" not in environment and environment.get("PIP_CERT"):
        environment["SSL_CERT_FILE"] = environment["PIP_CERT"]
    interpreter = str(PYTHON) if PYTHON.exists() else sys.executable
    choice = ["--no-default-groups", *(f"--group={group}" for group in sorted(groups))]
    what = ", ".join(["runtime", *sorted(groups)])
    print(f"· Python packages ({what}) …", file=sys.stderr)
    if uv.index() == uv.PUBLIC_INDEX:
        _run([program, "sync", "--frozen", "--inexact", "--python", interpreter, *choice], environment)
        return
    if not PYTHON.exists():
        _run([program, "venv", "--python", interpreter, str(ROOT / ".venv")], environment)
    requirements = tools / "requirements.txt"
    _run([program, "export", "--frozen", "--no-emit-project", "-o", requirements, *choice], environment)
    mirror = ["--default-index", uv.index(), "--require-hashes", "--no-deps", "--python", str(PYTHON)]
    _run([program, "pip", "install", *mirror, "-r", requirements], environment)


def _run(command: list[str | Path], environment: dict[str, str]) -> None:
    ended = subprocess.run(
        [command[0], "--no-progress", "--no-config", *command[1:]],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise SetUpFailed(f"Python packages could not be installed: {in_one_line(ended.stderr)}")


def in_one_line(said: str) -> str:
    """The sentence of a tool's complaint that says most, with the usual causes in plain words."""
    lower = said.lower()
    if "unknownissuer" in lower or ("certificate" in lower and "invalid" in lower):
        return "the server's certificate is not trusted; set SSL_CERT_FILE to your network's CA certificates."
    causes = ("dns error", "failed to lookup", "connection refused", "unreachable", "timed out", "enotfound",
              "eai_again", "econnrefused", "etimedout", "error sending request")  # fmt: skip
    if any(cause in lower for cause in causes):
        return "no connection; the first start needs the network (HTTPS_PROXY and UV_DEFAULT_INDEX are respected)."
    if "no space left" in lower or "enospc" in lower:
        return "the disk is full."
    lines = [line.strip(" ×╰─▶├│·") for line in said.splitlines() if line.strip(" ×╰─▶├│·")]
    errors = [line for line in lines if line.lower().startswith(("error", "npm error", "caused by"))]
    return " ".join((errors or lines or ["it gave no reason"])[:2])[:400]


def _home_is_writable() -> bool:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path("~").expanduser() / ".cache")
    nearest = next((p for p in (cache, *cache.parents) if p.exists()), Path("/"))
    return os.access(nearest, os.W_OK)
