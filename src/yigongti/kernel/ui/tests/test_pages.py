"""The shell and its parts: menu by rights, error pages that stand alone, forms tied to their errors, cases acted on."""

import re
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django import forms as django_forms
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation
from django_cotton.compiler_regex import CottonCompiler
from tests.support.loans import BORROWER, OWNER
from tests.support.people import person

from yigongti.kernel import clock
from yigongti.kernel.access.api import Role, declare
from yigongti.kernel.ui import cases, errors, navigation, workbench
from yigongti.kernel.ui.cases import case_page
from yigongti.kernel.ui.forms import Form, MultipleFileField
from yigongti.kernel.ui.navigation import Group, NavItem, entries_for
from yigongti.kernel.ui.tests.requests import look, send
from yigongti.kernel.workflow.models import History

COMPONENTS = Path(__file__).parents[1] / "templates" / "cotton"
STATIC = Path(__file__).parents[1] / "static" / "ui"
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style|\sstyle=|\son(?!e=)[a-z]+=|javascript:|https?://"
)
COUNT = declare("test.count", "清点", to={Role.AUDITOR})
AUDITOR, DOCTOR = person(Role.AUDITOR, 1), person(Role.DOCTOR, 1)


@pytest.fixture
def menu(monkeypatch):
    monkeypatch.setattr(navigation, "_items", {})
    navigation.register(NavItem("审", "ui:gallery", COUNT, Group.SYSTEM, count=lambda actor: 3))
    navigation.register(NavItem("首", "workbench:home", None, Group.WORK))
    navigation.register(NavItem("没", "no:such_page", None, Group.WORK))


def test_the_menu_shows_what_the_actor_may_open(menu):
    def labels(actor):
        return [(group.name, [entry.item.label for entry in entries]) for group, entries in entries_for(actor)]

    assert labels(AUDITOR) == [("WORK", ["首"]), ("SYSTEM", ["审"])]
    assert labels(DOCTOR) == [("WORK", ["首"])]
    assert labels(None) == []


def test_the_current_entry_is_the_nearest_above_the_page(menu):
    def current(path):
        return [e.item.label for _group, entries in entries_for(AUDITOR, path) for e in entries if e.current]

    assert current("/") == ["首"]
    assert current("/ui/progress/") == ["审"]
    assert current("/elsewhere/") == []


def test_every_icon_that_is_named_is_drawn():
    drawn = set(re.findall(r'<symbol id="([a-z]+)"', (STATIC / "icons.svg").read_text()))
    named = {item.icon for item in navigation._items.values()} | {link.icon for link in workbench._links.values()}
    source = Path(__file__).parents[3]
    for template in source.rglob("templates/**/*.html"):
        text = template.read_text()
        named |= set(re.findall(r'{% icon "([a-z-]+)"', text))
        named |= set(re.findall(r'<c-[^>]*\sicon="([a-z-]+)"', text))
    assert named <= drawn


def test_no_page_brings_inline_script_or_style():
    """The content security policy would refuse them, silently, on somebody else's screen."""
    source = Path(__file__).parents[3]
    found = []
    for template in source.rglob("templates/**/*.html"):
        text = re.sub(r"{#.*?#}", "", template.read_text())
        if re.search(
            r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style|\sstyle=|\son(?!e=)[a-z]+=|javascript:|https?://",
            text,
        ):
            found.append(str(template.relative_to(source)))
    assert found == []


@pytest.mark.parametrize(
    ("view", "status"),
    [
        (errors.bad_request, 400),
        (errors.forbidden, 403),
        (errors.not_found, 404),
        (errors.server_error, 500),
        (errors.csrf_failure, 403),
    ],
)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.django_db
def test_error_pages_say_what_to_do(view, status, language):
    for actor in (None, DOCTOR):
        with translation.override(language):
            response = view(look(actor))
        page = response.content.decode()
        assert response.status_code == status
        assert page.count("<h1>") == 1
        assert 'href="/"' in page


def test_the_500_page_does_without_a_session_or_an_actor():
    assert errors.server_error(RequestFactory().get("/")).status_code == 500


def test_the_number_on_the_500_page_is_in_the_log(caplog):
    page = errors.server_error(RequestFactory().get("/some/page/")).content.decode()
    number = page.split('<strong class="mono">')[1].split("<")[0]
    assert f"error {number} at /some/page/" in caplog.text


class Sample(Form):
    name = django_forms.CharField(label="姓名", help_text="照证件写")
    born = django_forms.DateField(label="出生日期", required=False)
    sex = django_forms.ChoiceField(label="性别", choices=[("1", "男"), ("2", "女")], widget=django_forms.RadioSelect)


def drawn(template, **context):
    return Template(CottonCompiler().process(template)).render(Context(context))


def test_a_field_is_tied_to_its_label_hint_and_error():
    page = drawn('<c-form :form="form" submit="好" />', form=Sample({"sex": "9"}))
    assert '<label for="id_name"' in page
    described = re.search(r'<input type="text" name="name"[^>]*aria-describedby="([^"]+)"', page).group(1).split()
    assert described and all(f'id="{name}"' in page for name in described)
    assert "请填写“姓名”。" in page
    assert re.search(r'<a href="#id_name">姓名</a>', page)
    assert 'href="#id_sex"' in page and 'id="id_sex"' in page
    assert 'type="date"' in page
    assert "<legend" in page


@pytest.mark.parametrize("name", sorted(file.stem for file in COMPONENTS.glob("*.html") if file.stem != "field"))
def test_a_component_draws_with_nothing_given(name):
    assert drawn(f"<c-{name.replace('_', '-')} />").strip() or name in {"error_summary", "icon"}


def test_a_component_does_not_take_what_the_page_happens_to_hold():
    """Cotton shows a component the page's own variables: each attribute must have its default."""
    leak = "LEAK"
    held = dict.fromkeys(("title", "lead", "href", "kind", "actions", "tags", "crumbs", "value", "label", "foot"), leak)
    for file in COMPONENTS.glob("*.html"):
        if file.stem != "field":
            assert leak not in drawn(f"<c-{file.stem.replace('_', '-')} />", **held), file.name


def test_a_value_is_escaped_everywhere():
    page = drawn(
        '<c-page-header title="{{ x }}" /><c-alert title="{{ x }}">{{ x }}</c-alert>'
        '<c-detail label="{{ x }}">{{ x }}</c-detail>'
        '<c-figure label="{{ x }}" :value="x" words="{{ x }}" /><c-tag>{{ x }}</c-tag><c-form :form="form" />'
        '<c-barcode text="{{ x }}" label="{{ x }}" />',
        x="<b>\"&'",
        form=Sample({"name": "<b>"}),
    )
    assert "<b>" not in page


def test_several_files_are_cleaned_one_by_one():
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.utils.datastructures import MultiValueDict

    class Upload(Form):
        files = MultipleFileField(label="文件")

    two = [SimpleUploadedFile("a.csv", b"1"), SimpleUploadedFile("b.csv", b"2")]
    form = Upload({}, MultiValueDict({"files": two}))
    assert form.is_valid() and [file.name for file in form.cleaned_data["files"]] == ["a.csv", "b.csv"]
    assert not Upload({}, MultiValueDict({"files": [two[0], SimpleUploadedFile("empty.csv", b"")]})).is_valid()
    assert not Upload({}, MultiValueDict()).is_valid()


@pytest.mark.django_db
class TestCasePage:
    """The loan of the kernel's tests as a page."""

    template = "ui/tests/case.html"

    def test_only_open_steps_are_offered(self, loan):
        page = case_page(look(person("doctor", OWNER)), loan, self.template).content.decode()
        assert 'value="lend"' in page and 'value="decline"' in page and 'value="return"' not in page
        assert 'name="decline-reason"' in page
        page = case_page(look(person("doctor", BORROWER)), loan, self.template).content.decode()
        assert 'value="lend"' not in page

    def test_a_step_is_taken_and_leads_back(self, loan):
        request = send(person("doctor", OWNER), "/loans/1/", {"step": "decline", "decline-reason": "busy"})
        response = case_page(request, loan, self.template)
        assert (response.status_code, response.headers["Location"]) == (302, "/loans/1/")
        assert request._messages.texts == ["“谢绝”已完成。"]
        page = case_page(look(person("doctor", OWNER)), type(loan).objects.unscoped("test").get(), self.template)
        assert "理由：在用" in page.content.decode()

    def test_answers_that_do_not_pass_come_back_with_the_page(self, loan):
        request = send(person("doctor", OWNER), "/loans/1/", {"step": "decline"})
        response = case_page(request, loan, self.template)
        assert response.status_code == 422
        assert "请填写“理由”。" in response.content.decode()
        assert History.objects.filter(step="decline").count() == 0

    def test_a_refused_step_says_why(self, loan):
        request = send(person("doctor", BORROWER), "/loans/1/", {"step": "lend"})
        response = case_page(request, loan, self.template)
        assert response.status_code == 422
        assert "不由您办理" in request._messages.texts[0]

    def test_an_unknown_step_is_no_error_page(self, loan):
        response = case_page(send(person("doctor", OWNER), "/loans/1/", {"step": "fly"}), loan, self.template)
        assert response.status_code == 422

    def test_a_step_on_a_page_that_is_out_of_date_is_refused_and_the_page_shown_anew(self, loan):
        """The owner's page stands open while the loan is declined, and asked for again: it is another case by now."""
        page = case_page(look(person("doctor", OWNER)), loan, self.template).content.decode()
        [seen] = set(re.findall(r'name="seen" value="([^"]+)"', page))
        with clock.fixed(clock.now() + timedelta(minutes=1)):
            type(loan).objects.unscoped("test").filter(pk=loan.pk).update(entered_at=clock.now())
        old = send(person("doctor", OWNER), "/loans/1/", {"step": "lend", "seen": seen})
        response = case_page(old, loan, self.template)
        assert response.status_code == 422 and "请核对后再办理" in response.content.decode()
        assert loan.state == "asked"
        [now] = set(re.findall(r'name="seen" value="([^"]+)"', response.content.decode()))
        again = send(person("doctor", OWNER), "/loans/1/", {"step": "lend", "seen": now})
        assert case_page(again, loan, self.template).status_code == 302

    @pytest.mark.parametrize("seen", ["", "x", "2026-01-01", "\0", "9" * 5000])
    def test_nonsense_of_when_it_was_seen_is_passed_over(self, loan, seen):
        request = send(person("doctor", OWNER), "/loans/1/", {"step": "lend", "seen": seen})
        assert case_page(request, loan, self.template).status_code == 302

    def test_of_a_long_case_the_latest_steps_are_shown_and_the_rest_behind_a_line(self, loan, monkeypatch):
        at = clock.now()

        def done(many):
            line = SimpleNamespace(at=at, actor_name="某人", organisation_id=None, answers=(), state="")
            return [SimpleNamespace(**vars(line), label=f"第{n}次") for n in range(1, many + 1)]

        def page():
            return case_page(look(person("doctor", OWNER)), loan, self.template).content.decode()

        monkeypatch.setattr(cases, "history", lambda case: done(7))  # with the deadline eight entries: not long yet
        assert "<strong>第1次</strong>" in page() and "更早的" not in page()
        monkeypatch.setattr(cases, "history", lambda case: done(30))
        shown, _line, behind = page().partition("更早的 25 步")
        assert all(f"第{n}次" in shown for n in range(26, 31)) and "<strong>第25次" not in shown
        assert [f"<strong>第{n}次</strong>" in behind for n in (25, 1)] == [True, True]
