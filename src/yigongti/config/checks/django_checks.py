"""What needs Django set up, in one process, since that is what costs: its system checks (with the house's own, as
for foreign keys that point up), no change to a model without its migration, and every template compiles."""

import io
import sys
from pathlib import Path

import django


def main() -> int:
    """Exit status: 0 without a complaint; complaints are printed."""
    django.setup()
    complaints = [*_system(), *_migrations(), *_templates()]
    print("\n".join(complaints))
    return 1 if complaints else 0


def _system() -> list[str]:
    from django.core import checks

    found = checks.run_checks(include_deployment_checks=False)
    return [str(message) for message in found if message.level >= checks.WARNING and not message.is_silenced()]


def _migrations() -> list[str]:
    from django.core.management import call_command

    said = io.StringIO()
    try:
        call_command("makemigrations", check_changes=True, dry_run=True, interactive=False, stdout=said, stderr=said)
    except SystemExit as end:
        if end.code:
            return [said.getvalue().strip(), "To make them: ./yigongti manage makemigrations"]
    return []


def _templates() -> list[str]:
    from django.apps import apps
    from django.template import TemplateDoesNotExist, TemplateSyntaxError
    from django.template.loader import get_template

    complaints = []
    for app in apps.get_app_configs():
        folder = Path(app.path) / "templates"
        if not app.name.startswith("yigongti.") or not folder.is_dir():
            continue
        for file in sorted(folder.rglob("*.*")):
            try:
                get_template(str(file.relative_to(folder)))
            except (TemplateSyntaxError, TemplateDoesNotExist, UnicodeDecodeError) as error:
                complaints.append(f"{file}: {type(error).__name__}: {error}")
    return complaints


if __name__ == "__main__":
    sys.exit(main())
