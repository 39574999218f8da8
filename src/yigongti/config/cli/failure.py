"""How a failure is told: one line for people; the traceback goes to a file."""

import os
import sys
import traceback

from yigongti.config.supervise.paths import var


def tell(error: Exception) -> int:
    """Print one line about an error (its traceback with YIGONGTI_DEBUG=1) and give the exit status."""
    if os.environ.get("YIGONGTI_DEBUG") == "1":
        traceback.print_exception(error)
        return 1
    said = " ".join(str(error).split())
    ours = type(error).__module__.startswith("yigongti.")
    if isinstance(error, OSError) and error.filename:
        said, ours = f"{error.strerror}: {error.filename}", True
    if type(error).__name__ == "ProgrammingError" and "does not exist" in said:
        said = (
            f"the database is older than the program: start ./yigongti run once, or ./yigongti manage migrate ({said})"
        )
    elif type(error).__name__ == "OperationalError":
        said = f"the database does not answer as it should: {said}"
    elif not ours or not said:
        said = f"{type(error).__name__}: {said}"
    kept = ""
    log = var() / "logs" / "last-error.txt"
    if not ours:
        try:
            log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            log.write_text("".join(traceback.format_exception(error)))
            kept = f" (details: {log})"
        except OSError:
            pass
    print(f"yigongti: {said[:500]}{kept}", file=sys.stderr)
    return 1
