"""``python -m tests.browser.seed``: a small platform: a place, people of every role, records through intake."""

from importlib import import_module
from importlib.util import find_spec

import django

PASSWORD = "Jade-2026-hill"
RESIDENTS = 120


def main() -> None:
    """Migrate and fill an empty database."""
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    if find_spec("yigongti.simulation.demo") is not None:
        import_module("yigongti.simulation.demo").load(print, residents=RESIDENTS)
    people(home())


def home() -> int:
    """The organisation everybody of these tests belongs to: the top of the tree."""
    from django.conf import settings

    from yigongti.domains.base.organisation.models import Organisation
    from yigongti.domains.base.organisation.services.loading import load_place
    from yigongti.kernel.access.api import system_actor

    if not Organisation.objects.exists():
        load_place(settings.PLACE, system_actor("seed"))
    return Organisation.objects.order_by("pk").values_list("pk", flat=True)[0]


def people(organisation_id: int) -> None:
    """One account per role, named by its role; and one that must still set its own password."""
    from yigongti.kernel.access.api import Role, create_account, grant_role, system_actor

    actor = system_actor("seed")
    for role in Role:
        account = create_account(
            f"browser_{role.value}", f"Wang {role.value.title()}", organisation_id=organisation_id,
            password=PASSWORD, actor=actor, must_change_password=False,
        )  # fmt: skip
        grant_role(account, role, organisation_id=organisation_id, actor=actor)
    for name in ("browser_newcomer", "browser_forgetful"):
        create_account(name, "Li Newcomer", organisation_id=organisation_id, password=PASSWORD, actor=actor)


if __name__ == "__main__":
    main()
