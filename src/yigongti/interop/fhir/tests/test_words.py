"""Every reason can be told in both languages, with its details filled in."""

import pytest

from yigongti.kernel.intake.api import explain
from yigongti.kernel.intake.refusals import REASONS

OURS = sorted(code for code in REASONS if code.startswith("fhir_"))


@pytest.mark.parametrize("code", OURS)
def test_reasons_in_chinese_and_english(code: str) -> None:
    details = dict.fromkeys(
        (
            "detail",
            "type",
            "version",
            "entry",
            "element",
            "types",
            "column",
            "value",
            "count",
            "resource",
            "currencies",
        ),
        "X1",
    )
    chinese, english = explain(code, details, "zh-hans"), explain(code, details, "en")
    assert chinese != english and "{" not in chinese + english
    assert english.isascii() or "“" in english
