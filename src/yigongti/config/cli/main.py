"""The group of all commands, and how a failure is told: one line, never a traceback."""

import os
import sys
from importlib import import_module

import click

from yigongti.config.cli.failure import tell
from yigongti.config.cli.rooms import Rooms

OWN = {
    "run": "yigongti.config.cli.run",
    "test": "yigongti.config.cli.test",
    "check": "yigongti.config.cli.check",
    "bench": "yigongti.config.cli.bench",
    "new-domain": "yigongti.config.cli.new_domain",
    "manage": "yigongti.config.cli.manage",
}
FIRST = ("run", "test", "check", "bench")


class Commands(click.Group):
    """Own commands by name, imported when called for; those of apps from their rooms."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.rooms = Rooms()

    def list_commands(self, context: click.Context) -> list[str]:
        """Own commands first, in the order a newcomer meets them; then all others by name."""
        rest = sorted({*OWN, *self.rooms.commands()} - set(FIRST))
        return [*FIRST, *rest]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of that name, None where there is none."""
        if name in OWN:
            command: click.Command = import_module(OWN[name]).command
            return command
        return self.rooms.commands().get(name)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Everything it writes at run time is below var/ (YIGONGTI_VAR). DATABASE_URL points it at your own"
    " PostgreSQL. README.md has a five-minute tour.",
)
def yigongti() -> None:
    """Yigongti (医共体): the platform that runs a tight-knit health consortium.

    \b
    ./yigongti run     start it here, with a demo county
    ./yigongti test    check and test everything
    """


def main() -> None:
    """Run the command line and leave the process."""
    try:
        status = yigongti.main(prog_name="./yigongti", standalone_mode=False)
    except click.exceptions.Exit as end:
        status = end.exit_code
    except click.Abort:
        print("yigongti: stopped.", file=sys.stderr)
        status = 130
    except click.UsageError as error:
        error.show()
        status = error.exit_code
    except click.ClickException as error:
        print(f"yigongti: {error.format_message()}", file=sys.stderr)
        status = error.exit_code
    except KeyboardInterrupt:
        print("yigongti: stopped.", file=sys.stderr)
        status = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141
    except Exception as error:
        status = tell(error)
    sys.exit(status if isinstance(status, int) else 0)
