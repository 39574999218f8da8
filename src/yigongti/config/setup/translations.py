"""Translations: every ``locale/*/LC_MESSAGES/*.po`` below the source becomes the ``.mo`` beside it.

Compiled by Babel, which the runtime needs anyway, so GNU gettext need not be installed.
"""

import subprocess
import sys
from pathlib import Path

from yigongti.config.setup.failure import SetUpFailed
from yigongti.config.setup.packages import PYTHON, in_one_line
from yigongti.config.supervise.paths import ROOT

SOURCE = ROOT / "src" / "yigongti"
PROGRAM = """
import sys
from pathlib import Path
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
for name in sys.argv[1:]:
    source = Path(name)
    try:
        with source.open("rb") as file:
            catalogue = read_po(file, abort_invalid=True)
    except (PoFileError, UnicodeDecodeError) as error:
        sys.exit(f"{source}: {error}")
    draft = source.with_suffix(".mo.draft")
    with draft.open("wb") as file:
        write_mo(file, catalogue)
    draft.replace(source.with_suffix(".mo"))
"""


def sources() -> list[Path]:
    """All catalogues, in a fixed order."""
    patterns = (
        "locale/*/LC_MESSAGES/*.po",
        "*/locale/*/LC_MESSAGES/*.po",
        "*/*/locale/*/LC_MESSAGES/*.po",
        "*/*/*/locale/*/LC_MESSAGES/*.po",
    )
    return sorted(po for pattern in patterns for po in SOURCE.glob(pattern))


def compiled() -> bool:
    """Whether every catalogue has its compiled form."""
    return all(po.with_suffix(".mo").exists() for po in sources())


def compile_all() -> None:
    """Compile every catalogue. Raises SetUpFailed naming the file that is malformed."""
    catalogues = sources()
    if not catalogues:
        return
    print("· translations …", file=sys.stderr)
    ended = subprocess.run([PYTHON, "-c", PROGRAM, *catalogues], capture_output=True, text=True, check=False, cwd=ROOT)
    if ended.returncode:
        raise SetUpFailed(f"a translation could not be compiled: {in_one_line(ended.stderr)}")
