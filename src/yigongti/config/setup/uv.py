"""Finds uv, or fetches the pinned one from the Python package index into ``.tools/``.

The wheel is compared with a SHA-256 written below, so what runs is what was reviewed, whichever mirror sent it.
To pin another version: change VERSION and the hashes (pypi.org/pypi/uv/<version>/json lists them).
"""

import base64
import hashlib
import io
import os
import platform
import re
import shutil
import ssl
import subprocess
import sys
import zipfile
from html import unescape
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urldefrag, urljoin, urlsplit, urlunsplit
from urllib.request import HTTPSHandler, Request, build_opener

from yigongti.config.setup.failure import SetUpFailed

VERSION = "0.13.9"
OLDEST = (0, 8, 0)
PUBLIC_INDEX = "https://pypi.org/simple"
WHEELS = {
    ("Linux", "x86_64"): (
        "manylinux_2_17_x86_64.manylinux2014_x86_64",
        "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
    ),
    ("Linux", "aarch64"): (
        "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
        "5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe",
    ),
    ("Darwin", "arm64"): (
        "macosx_11_0_arm64",
        "66c512266d633bef48384a1f53003f41f2a8e7b36fe6e7fbfd3e0fd52d96fa63",
    ),
    ("Darwin", "x86_64"): (
        "macosx_10_12_x86_64",
        "c16ed11e013557536b3e60065f1b912f6407bd6518e041b961e23ef9e6b4fbf5",
    ),
}


def find(tools: Path) -> Path:
    """Path of a uv that can read the lock file. Raises SetUpFailed when none can be had."""
    own = tools / f"uv-{VERSION}" / "uv"
    if own.exists():
        return own
    installed = shutil.which("uv")
    if installed and _version(installed) >= OLDEST:
        return Path(installed)
    return _fetch(own)


def index() -> str:
    """Address of the package index to use, without a slash at its end."""
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        if os.environ.get(name):
            return os.environ[name].rstrip("/")
    return PUBLIC_INDEX


def _version(program: str) -> tuple[int, ...]:
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20).stdout
    except (OSError, subprocess.TimeoutExpired):
        return (0,)
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", answer)
    return tuple(map(int, found.groups())) if found else (0,)


def _fetch(target: Path) -> Path:
    kind = (platform.system(), platform.machine())
    if kind not in WHEELS:
        raise SetUpFailed(f"there is no pinned uv for {kind[0]} on {kind[1]}; install uv {VERSION} and call again.")
    tag, digest = WHEELS[kind]
    name = f"uv-{VERSION}-py3-none-{tag}.whl"
    host = urlsplit(index()).hostname or index()
    print(f"· uv {VERSION} from {host}", file=sys.stderr)
    page_address = f"{index()}/uv/"
    page = _download(page_address).decode("utf-8", "replace")
    for link in re.findall(r"""href\s*=\s*["']([^"']+)["']""", page):
        address = urldefrag(urljoin(page_address, unescape(link))).url
        if unquote(address).endswith("/" + name):
            break
    else:
        raise SetUpFailed(f"{host} does not offer {name}; set UV_DEFAULT_INDEX to an index that does.")
    wheel = _download(address)
    if hashlib.sha256(wheel).hexdigest() != digest:
        raise SetUpFailed(f"{name} from {host} is not the reviewed file (SHA-256 differs); nothing was installed.")
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        program = archive.read(f"uv-{VERSION}.data/scripts/uv")
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name("uv.draft")
    draft.write_bytes(program)
    draft.chmod(0o755)
    draft.replace(target)
    return target


def _download(address: str) -> bytes:
    """The body at an address. Raises SetUpFailed with what to do about it."""
    bare, headers = _without_credentials(address)
    context, verified = _trust()
    if not verified and headers:
        raise SetUpFailed("no CA certificates here, so the index's password is not sent: install ca-certificates.")
    opener = build_opener(HTTPSHandler(context=context))
    host = urlsplit(bare).hostname or bare
    try:
        with opener.open(_request(bare, headers), timeout=60) as answer:
            return bytes(answer.read())
    except HTTPError as error:
        raise SetUpFailed(f"{host} answered {error.code} for {urlsplit(bare).path}.") from error
    except URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            raise SetUpFailed(
                f"the certificate of {host} is not trusted ({error.reason.verify_message}); install"
                " ca-certificates, or set SSL_CERT_FILE to your network's own."
            ) from error
        raise SetUpFailed(
            f"no connection to {host} ({error.reason}); the first start needs the network."
            " Set HTTPS_PROXY, or UV_DEFAULT_INDEX to a mirror."
        ) from error
    except (OSError, HTTPException, ValueError) as error:
        raise SetUpFailed(f"the download from {host} broke off ({error}); call again.") from error


def _request(address: str, headers: dict[str, str]) -> Request:
    if not address.startswith(("https://", "http://")):
        raise SetUpFailed(f"the index address {address} is neither http nor https.")
    return Request(address, headers={"User-Agent": "yigongti", **headers})  # noqa: S310 (checked above)


def _trust() -> tuple[ssl.SSLContext, bool]:
    """How to check certificates, and whether that is possible at all.

    A bare machine may have no CA certificates. The file fetched is compared with a pinned hash anyway, so it
    is then fetched unchecked; uv and npm bring their own certificates for everything after it.
    """
    given = os.environ.get("SSL_CERT_FILE") or os.environ.get("PIP_CERT")
    if given:
        if not Path(given).is_file():
            raise SetUpFailed(f"the certificate file {given} (SSL_CERT_FILE or PIP_CERT) does not exist.")
        return ssl.create_default_context(cafile=given), True
    context = ssl.create_default_context()
    folder = ssl.get_default_verify_paths().capath
    if context.cert_store_stats()["x509_ca"] or (folder and any(Path(folder).glob("*.0"))):
        return context, True
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context, False


def _without_credentials(address: str) -> tuple[str, dict[str, str]]:
    parts = urlsplit(address)
    if parts.username is None:
        return address, {}
    secret = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return bare, {"Authorization": "Basic " + base64.b64encode(secret).decode()}
