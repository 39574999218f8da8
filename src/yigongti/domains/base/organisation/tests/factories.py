"""Small trees for tests, entered by the system and without a plan."""

from datetime import date

from yigongti.domains.base.organisation.models import Organisation
from yigongti.domains.base.organisation.services import tree
from yigongti.kernel.access.api import system_actor

SET_UP = system_actor("tests")
PLACE = "kunshan"


def organisation(
    kind: str,
    key: str,
    parent: Organisation | None = None,
    *,
    since: date = tree.BEFORE_RECORDS,
    place: str = PLACE,
    **fields: object,
) -> Organisation:
    """An organisation of the kind, under the parent since always, called by its key unless ``name`` is given."""
    fields.setdefault("name", key)
    with tree.writing(SET_UP, "tests"):
        row = tree.create(place=place, key=key, kind=kind, since=since, **fields)
        if parent is not None:
            tree.put_under(row.pk, parent.pk, on=since)
    return row


def of_tier(row: Organisation, tier: str) -> Organisation:
    """An organisation that has been of a tier since always."""
    with tree.writing(SET_UP, "tests"):
        tree.set_tier(row.pk, tier, on=tree.BEFORE_RECORDS)
    return row


def moved(row: Organisation, parent: Organisation, on: date) -> None:
    """From a day the organisation stands under another parent."""
    with tree.writing(SET_UP, "tests"):
        tree.put_under(row.pk, parent.pk, on=on)


def county_with_two_areas() -> dict[str, Organisation]:
    """A county with a guidance centre and a working group, one consortium of two led areas, members and outsiders."""
    made: dict[str, Organisation] = {}

    def add(kind: str, key: str, parent: str | None = None) -> None:
        made[key] = organisation(kind, key, made.get(parent or ""))

    add("county", "county")
    add("guidance_centre", "centre", "county")
    add("government_body", "working_group", "county")
    made["town"] = organisation("government_body", "town", made["county"], legal_person=True)
    add("consortium", "consortium", "county")
    add("management_area", "east", "consortium")
    add("management_area", "west", "consortium")
    add("lead_hospital", "east_hospital", "east")
    add("lead_hospital", "west_hospital", "west")
    add("community_centre", "east_centre", "east")
    add("village_clinic", "east_clinic", "east_centre")
    add("private", "outsider", "county")
    add("department", "east_ward", "east_hospital")
    with tree.writing(SET_UP, "tests"):
        tree.set_leads(made["east"].pk, [made["east_hospital"].pk], on=tree.BEFORE_RECORDS)
        tree.set_leads(made["west"].pk, [made["west_hospital"].pk], on=tree.BEFORE_RECORDS)
    return made
