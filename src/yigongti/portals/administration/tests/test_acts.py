"""Every act that code writes into the trail has words: collected from the source, not from a list kept by hand."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

import yigongti
from yigongti.domains.base.health_record.tests.factories import fact, resident
from yigongti.domains.base.organisation.tests.factories import county_with_two_areas
from yigongti.kernel import clock
from yigongti.kernel.access.api import Role, create_account, grant_role, permissions, system_actor
from yigongti.kernel.access.models import Account
from yigongti.kernel.audit.acts import acts, in_words
from yigongti.kernel.audit.api import record
from yigongti.kernel.workflow.api import workflows

SOURCE = Path(yigongti.__file__).parent


def source_files() -> list[Path]:
    return [file for file in sorted(SOURCE.rglob("*.py")) if not {"tests", "migrations"} & set(file.parts)]


def taking_acts(tree: ast.AST) -> dict[str, int]:
    """Functions with a parameter ``act``, by name, and its place among the arguments of a call."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            names = [a.arg for a in node.args.args if a.arg != "self"]
            if "act" in names:
                found[node.name] = names.index("act")
    return found


def acts_given(tree: ast.AST, elsewhere: dict[str, int]) -> Iterator[ast.expr]:
    """What is given as an act in the calls of a file: as ``act=``, or in the place of such a parameter."""
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    here = {name: place for name, place in elsewhere.items() if name not in own} | taking_acts(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        yield from (keyword.value for keyword in node.keywords if keyword.arg == "act")
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        place = here.get(name)
        if place is not None and len(node.args) > place:
            yield node.args[place]


def without_words(given: ast.expr) -> list[str]:
    """The acts an expression can stand for that have no words; one that can't be told is one."""
    if isinstance(given, ast.Subscript):  # f"…"[:80]
        return without_words(given.value)
    if isinstance(given, ast.IfExp):
        return without_words(given.body) + without_words(given.orelse)
    if isinstance(given, ast.Constant) and isinstance(given.value, str):
        return [] if given.value in acts() else [given.value]
    if isinstance(given, ast.JoinedStr):
        parts = [ast.unparse(p.value) if isinstance(p, ast.FormattedValue) else p.value for p in given.values]
        if not parts[0].endswith("workflow.name"):
            return [ast.unparse(given)]
        rest = "".join(parts[1:])
        named = len(given.values) > 2 or any(f"{table}{rest}" in acts() for table in workflows())
        return [] if named else [ast.unparse(given)]
    if isinstance(given, ast.Name) and given.id == "act":  # handed on; what is handed over is collected there
        return []
    return [] if ast.unparse(given).endswith("permission.name") else [ast.unparse(given)]


def test_every_act_in_the_source_has_words():
    trees = {file: ast.parse(file.read_text("utf-8")) for file in source_files()}
    public: dict[str, int] = {}
    for tree in trees.values():
        public |= {name: place for name, place in taking_acts(tree).items() if not name.startswith("_")}
    public.pop("in_words"), public.pop("declare_act"), public.pop("name_act")
    found = [(file, given) for file, tree in trees.items() for given in acts_given(tree, public)]
    assert len(found) > 40
    missing = [
        f"{file.relative_to(SOURCE)}:{given.lineno}: {act}" for file, given in found for act in without_words(given)
    ]
    assert missing == []


def test_permissions_and_steps_are_named_by_their_labels():
    """A try without the permission, and every step of a case, are in the trail under their own names."""
    assert not permissions().keys() - acts()
    steps = {f"{name}.{step.name}" for name, table in workflows().items() for step in table.steps}
    assert not (steps | {f"{name}.open" for name in workflows()}) - acts()
    assert in_words("organisation.joining.open") == "加入医共体"
    assert in_words("organisation.joining.sign") == "加入医共体：签署加入协议"


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("health_record.list", "在明细清单中看到"),  # its own words, not the permission's
        ("residents.compare", "对照两条记录"),
        ("residents.decide", "判定是否同一人"),
        ("audit.restored", "恢复数据库后继续记审计日志"),
        ("nobody.knows", "nobody.knows"),
    ],
)
def test_in_words(act, words):
    assert in_words(act) == words


@pytest.mark.django_db
def test_the_trail_and_the_page_of_looks_say_acts_in_words():
    places = {key: row.pk for key, row in county_with_two_areas().items()}
    who = resident()
    fact(resident_id=who, source_id=places["east_clinic"], institution_id=places["east_clinic"], at=clock.today())
    for act in ("residents.compare", "residents.decide"):
        record(actor=system_actor("test"), act=act, subject=f"resident:{who}", resident_id=who)
    for role, place, address in (
        (Role.DOCTOR, "east_clinic", reverse("health_record:looked", args=[who])),
        (Role.AUDITOR, "county", reverse("administration:trail")),
    ):
        page = signed_in(role, places[place]).get(address).content.decode()
        assert "对照两条记录" in page and "判定是否同一人" in page
        assert "residents." not in page


def signed_in(role, organisation_id):
    actor = system_actor("test")
    pk = create_account(
        f"u-{role}", "某人", organisation_id=organisation_id, password="Long-Enough-1",
        actor=actor, must_change_password=False,
    )  # fmt: skip
    grant_role(pk, role, organisation_id=organisation_id, actor=actor)
    client = Client()
    client.force_login(Account.objects.get(pk=pk))
    return client
