"""The checks can fail: what they are there to find, they find."""

from pathlib import Path

import pytest

from yigongti.config.checks.messages import in_python, in_template, unmarked_in_template
from yigongti.config.checks.translations import faults

HEAD = r"""msgid ""
msgstr ""
"Language: en\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

"""


def _written(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def _faults(folder: Path, catalogue: str) -> list[str]:
    po = _written(folder, "locale/en/LC_MESSAGES/django.po", HEAD + catalogue)
    return list(faults(folder, [po]))


def test_every_way_to_mark_a_text_is_read(tmp_path: Path) -> None:
    python = _written(
        tmp_path,
        "a.py",
        "_('一')\ngettext_lazy('二' '之二')\nngettext('%(n)d 个', '%(n)d 些', n)\n"
        "pgettext('语境', '三')\nother('四')\n",
    )
    found = {(m.context, m.text, m.plural) for m in in_python(python)}
    assert found == {(None, "一", None), (None, "二之二", None), (None, "%(n)d 个", "%(n)d 些"), ("语境", "三", None)}

    template = _written(
        tmp_path,
        "templates/a.html",
        "{% translate '一' %}<c-card title=\"{% translate '二' %}\">{{ _('三')|upper }}"
        "{% blocktranslate trimmed with n=x %}\n  四 {{ n }}\n{% endblocktranslate %}"
        '{% translate "五" context "语境" %}{% include "b.html" with title=_("六") %}'
        "{% blocktranslate count n=x %}{{ n }} 个{% plural %}{{ n }} 些{% endblocktranslate %}"
        "{# {% translate '不' %} #}{% comment %}{% translate '不' %}{% endcomment %}",
    )
    found = {(m.context, m.text, m.plural) for m in in_template(template)}
    assert found == {
        (None, "一", None),
        (None, "二", None),
        (None, "三", None),
        (None, "四 %(n)s", None),
        ("语境", "五", None),
        (None, "六", None),
        (None, "%(n)s 个", "%(n)s 些"),
    }


@pytest.mark.parametrize(
    "source",
    ["<p>机构</p>", '<p title="机构"></p>', '{% include "a.html" with title="机构" %}', '{{ x|default:"机构" }}'],
)
def test_chinese_outside_a_tag_is_found(tmp_path: Path, source: str) -> None:
    template = _written(tmp_path, "templates/a.html", f"<p>\n{source}\n</p>")
    assert [line for line, _text in unmarked_in_template(template)] == [2]


@pytest.mark.parametrize(
    "source",
    [
        '{% translate "机构" %}',
        "{# 机构 #}",
        "<!-- 机构 -->",
        "{% comment %}机构{% endcomment %}",
        '{{ x|default:_("机构") }}',
        "{% blocktranslate %}机构 {{ x }}{% endblocktranslate %}",
        "<button>中文</button>{# zh: the name of the language #}",
    ],
)
def test_chinese_in_its_place_is_not(tmp_path: Path, source: str) -> None:
    assert not list(unmarked_in_template(_written(tmp_path, "templates/a.html", source)))


def test_a_missing_empty_or_fuzzy_translation_is_found(tmp_path: Path) -> None:
    _written(tmp_path, "a.py", "_('有')\n_('无')\n_('空')\n_('疑')\n_('Plain')\n")
    said = _faults(
        tmp_path, 'msgid "有"\nmsgstr "there"\n\nmsgid "空"\nmsgstr ""\n\n#, fuzzy\nmsgid "疑"\nmsgstr "doubt"\n'
    )
    assert [line.rpartition("for ")[2] for line in said] == ["'无'", "'空'", "'疑'"]


def test_a_placeholder_lost_in_translation_is_found(tmp_path: Path) -> None:
    said = _faults(tmp_path, '#, python-format\nmsgid "%(n)s 个"\nmsgstr "some"\n')
    assert len(said) == 1
    assert "django.po" in said[0]
