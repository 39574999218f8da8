"""What each tier treats: bringing a catalogue in, good and bad; where a code belongs on a day."""

import io
from datetime import date, timedelta

import pytest
from openpyxl import Workbook

from yigongti.domains.care.referrals import api, policy
from yigongti.domains.care.referrals.formulas import merged, within
from yigongti.domains.care.referrals.models import CatalogueEdition, CatalogueLine
from yigongti.domains.care.referrals.services.catalogues import CatalogueRefused, load_shipped, read, take, template
from yigongti.domains.care.referrals.services.drafting import start
from yigongti.domains.care.referrals.tests import factories
from yigongti.kernel import clock
from yigongti.kernel.access.api import Forbidden, system_actor

pytestmark = pytest.mark.django_db
SYSTEM = system_actor("test")
HEAD = "起始编码,截止编码,病种,收治层级,收治机构,收治条件"


@pytest.fixture
def world():
    return factories.world()


def csv(*lines: str, head: str = HEAD) -> bytes:
    return "\n".join([head, *lines, ""]).encode()


def taken(data: bytes, *, starts_on=date(2026, 1, 1), actor=SYSTEM, name="目录.csv"):
    return take(data, name, place="kunshan", name="昆山目录", document="昆卫〔2026〕1号", clause="附件",
                starts_on=starts_on, actor=actor)  # fmt: skip


def test_every_bad_line_is_named_with_its_reason_and_nothing_is_stored(world):
    data = csv(
        "I10,I15,高血压,一级,,",
        "1I0,,不是编码,一级,,",
        "I15,I10,倒过来,一级,,",
        "J00,,,一级,,",
        "J00,,没有层级,,,",
        "J00,,两样都写,一级,east_hospital,",
        "J00,,不认识,四级,,",
        "J00,,没有这家,,火星医院,",
        "I10,I15,重复,一级,,",
    )
    reading = read(data, "x.csv", place="kunshan")
    assert [line.number for line in reading.lines] == [2]
    assert [(bad.number, bad.reason[:8]) for bad in reading.bad] == [
        (3, "起始编码“1I0"), (4, "截止编码“I10"), (5, "没有写病种"), (6, "请写收治层级或收"), (7, "请写收治层级或收"),
        (8, "不认识的收治层级"), (9, "机构目录中没有“"), (10, "与第 2 行重复"),
    ]  # fmt: skip
    with pytest.raises(CatalogueRefused, match="8 行有误"):
        taken(data)
    assert not CatalogueEdition.objects.exists() and not CatalogueLine.objects.exists()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "空的"),
        (b"\xd0\xcf\x11\xe0rest", "xls"),
        (b"PK\x03\x04nonsense", "不是 Excel"),
        (b"\xff\xfe\x00\x01\x81", "编码"),
        (csv(), "只有表头"),
        ("编码,层级\nI10,一级\n".encode(), "缺少列：病种"),
        ("起始编码,病种\nI10,高血压\n".encode(), "收治层级 / 收治机构"),
        ("起始编码,编码,病种,层级\nI10,I10,高血压,一级\n".encode(), "有两列都是“起始编码”"),
        (b"x" * (5 * 1024 * 1024 + 1), "太大"),
    ],
)
def test_a_file_that_is_no_catalogue(world, data, why):
    with pytest.raises(CatalogueRefused, match=why):
        taken(data)
    assert not CatalogueEdition.objects.exists()


def test_english_headers_gb18030_and_excel_say_the_same(world):
    english = b"first,last,name,tier\nI10,I15,Hypertension,primary\n"
    chinese = "起始编码,截止编码,病种,收治层级\nI10,I15,Hypertension,乡镇卫生院\n".encode("gb18030")
    book = Workbook()
    for row in (("病种", "收治层级", "起始编码", "截止编码"), ("Hypertension", "基层", "i10", "I15")):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    lines = [read(data, "x", place="kunshan").lines for data in (english, chinese, out.getvalue())]
    assert lines[0] == lines[1] == lines[2] and lines[0][0].tier == "primary"
    assert len(read(template(), "t.xlsx", place="kunshan").lines) == 3


def test_the_same_file_again_changes_nothing_and_another_for_the_day_is_refused(world):
    edition = taken(csv("I10,I15,高血压,一级,,"))
    assert taken(csv("I10,I15,高血压,一级,,")) == edition and CatalogueEdition.objects.count() == 1
    with pytest.raises(CatalogueRefused, match="已有一版"):
        taken(csv("I10,I15,高血压,村级,,"))
    assert CatalogueLine.objects.get().tier == "primary"
    with pytest.raises(Forbidden):
        taken(csv("I10,,x,一级,,"), actor=world.origin, starts_on=date(2026, 2, 1))


def test_where_it_belongs_by_line_tier_and_day(world):
    load_shipped(SYSTEM)
    found = api.where_it_belongs("I10.x00x002", date(2025, 6, 1))
    assert found.tier == "primary" and found.default and "I10–I15" in found.why
    taken(csv("I10,I15,高血压,村级,,血压平稳", "I10,I15,难治性高血压,,west_hospital,", "E11.1,,酮症酸中毒,二级,,",
              "E10,E14,糖尿病,一级,,"))  # fmt: skip
    before, after = api.where_it_belongs("I10", date(2025, 12, 31)), api.where_it_belongs("I10", date(2026, 1, 1))
    assert (before.tier, before.edition) == ("primary", "默认病种收治目录")
    assert (after.tier, after.edition, after.clause) == ("village", "昆山目录", "附件")
    assert after.lines[0].condition == "血压平稳" and "昆卫〔2026〕1号附件第 2 行" in after.why
    assert after.institutions[0].id == world.west_hospital and after.institutions[0].by_line
    assert world.clinic in {one.id for one in after.institutions}
    assert api.where_it_belongs("E11.100", date(2026, 1, 1)).tier == "secondary"  # the finer line decides
    assert api.where_it_belongs("E11.900", date(2026, 1, 1)).tier == "primary"
    assert api.where_it_belongs("C34", date(2026, 1, 1)) is None
    assert api.where_it_belongs("I1", date(2026, 1, 1)) is None


def test_categories_of_a_tier_hold_those_of_the_lower_ones(world):
    taken(csv("J00,J06,感冒,村级,,", "I10,I15,高血压,一级,,", "I16,I16,高血压急症,二级,,", "E11.1,,酮症,一级,,",
              "I20,I25,冠心病,,west_hospital,"))  # fmt: skip
    on = date(2026, 6, 1)
    assert api.tier_categories("village", on) == (("J00", "J06"),)
    assert api.tier_categories("primary", on) == (("I10", "I15"), ("J00", "J06"))
    assert api.tier_categories("secondary", on) == (("I10", "I16"), ("J00", "J06"))
    assert api.tier_categories("primary", date(2025, 1, 1)) == ()
    with pytest.raises(ValueError):
        api.tier_categories("outside", on)


def test_ranges():
    assert within("I10.x00x002", "I10", "I15") and within("I15.9", "I10", "I15") and not within("I16", "I10", "I15")
    assert within("J15.902", "J15.0", "J15.9") and not within("J15", "J15.0", "J15.9")
    assert merged([("I20", "I25"), ("I10", "I15"), ("I16", "I19"), ("I12", "I13")]) == (("I10", "I25"),)
    assert merged([("A98", "A99"), ("B00", "B01")]) == (("A98", "B01"),)


def test_the_shipped_default_has_no_bad_line_and_loads_twice(world):
    first = load_shipped(SYSTEM)
    assert load_shipped(SYSTEM) == first and first.evidence == "R-M" and first.lines.count() > 60


def test_where_the_plan_asks_for_control_a_reason_is_needed(world, monkeypatch):
    taken(csv("I10,I15,高血压,一级,,"), starts_on=clock.today() - timedelta(days=1))
    assert factories.sent(world).belongs["tier"] == "primary"
    strict = policy.ABOVE_THE_CATALOGUE.at("xuchang")
    assert strict.value == "reason" and strict.clause == "三（八）"
    monkeypatch.setattr(type(policy.ABOVE_THE_CATALOGUE), "at", _strict(type(policy.ABOVE_THE_CATALOGUE).at))
    said = {"duplicate_reason": "再次"}
    with pytest.raises(api.ReferralRefused, match="写明理由"):
        factories.sent(world, **said)
    assert factories.sent(world, **said, urgent=True).urgent
    assert factories.sent(world, **said, above_reason="三种药足量仍不达标").above_reason
    assert start(factories.content(world, **said, diagnosis_code="C34.900"), actor=world.origin).state == "draft"


def _strict(real):
    """The value Xuchang has, wherever it is asked for."""

    def at(self, place=None, as_of=None):
        return real(self, "xuchang" if self.name == "referrals.above_the_catalogue" else place, as_of)

    return at
