"""No model without its migration: ``makemigrations --check``, its database warning aside."""

import io
import sys

import django


def main() -> int:
    """Exit status: 0 when every change to a model has its migration."""
    django.setup()
    from django.core.management import call_command

    said = io.StringIO()
    try:
        call_command("makemigrations", check_changes=True, dry_run=True, interactive=False, stdout=said, stderr=said)
    except SystemExit as end:
        print(said.getvalue().strip())
        print("To make them: ./yigongti manage makemigrations")
        return int(end.code or 0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
