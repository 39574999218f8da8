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
    terms()
    if find_spec("yigongti.simulation.demo") is not None:
        import_module("yigongti.simulation.demo").load(print, residents=RESIDENTS)
    top = home()
    people(top)
    work(top)
    patients()


def terms() -> None:
    """The codes the platform ships, as setting up loads them."""
    from yigongti.domains.base.terminology import api as terminology
    from yigongti.kernel.access.api import system_actor

    terminology.load_shipped(system_actor("seed"))


def home() -> int:
    """The organisation everybody of these tests belongs to: the top of the tree."""
    from django.conf import settings

    from yigongti.domains.base.organisation import api as organisation
    from yigongti.kernel.access.api import system_actor

    if organisation.root(settings.PLACE) is None:
        organisation.load_place(settings.PLACE, system_actor("seed"))
    root = organisation.root(settings.PLACE)
    assert root is not None
    return root.id


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


def work(top: int) -> None:
    """What people have begun: a member that wishes to leave, a charter in two versions."""
    from django.conf import settings

    from yigongti.domains.base.organisation import api as organisation
    from yigongti.domains.base.organisation.services.cases import start_leaving
    from yigongti.domains.base.organisation.services.documents import add_document, add_version
    from yigongti.kernel import clock
    from yigongti.kernel.access.api import system_actor

    actor, today = system_actor("seed"), clock.today()
    centres = [one for one in organisation.institutions(settings.PLACE) if one.kind == "community_centre"]
    start_leaving(actor=actor, applicant_id=centres[0].id, reason="To be run by the town")
    adopted = {"adopted_by": "General meeting", "adopted_on": today, "in_force_from": today}
    first = add_document(
        top,
        actor=actor,
        kind="charter",
        title="Charter",
        text="# Aims\nCare near home.\n# Bodies\nA council.",
        **adopted,
    )
    add_version(first.document_id, actor=actor, text="# Aims\nGood care near home.\n# Bodies\nA council.", **adopted)


def patients() -> None:
    """The two ends of a referral with their people, a clinic with places, and residents: the scenes play on these."""
    from tests.browser import scenery

    scenery.build()


if __name__ == "__main__":
    main()
