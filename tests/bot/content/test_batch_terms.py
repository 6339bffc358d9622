"""What each kind of coupon wants in its document, and the schema that says so."""

import json
from pathlib import Path

import pytest

from bot.content.batch_schema import schema
from bot.content.batches import FIELDS, read_batch, write_batch
from bot.errors import InvalidInput
from bot.values.coupons import Terms

FILE = Path(__file__).parents[3] / "docs/reference/schemas/coupon-batch.json"
BASE = {"slug": "b", "title": "券"}
CUT = {**BASE, "kind": "cut", "face_value_fen": 800, "threshold_fen": 3000}
CASH = {**BASE, "kind": "cash", "face_value_fen": 800}
DISCOUNT = {**BASE, "kind": "discount", "discount_permille": 200}
EXCHANGE = {**BASE, "kind": "exchange", "exchange": "拿铁一杯"}
FULL = {
    **DISCOUNT,
    "max_discount_fen": 2000,
    "stack_group": "drinks",
    "stacks_with": ["cakes", "*"],
    "shops": ["sh-001"],
    "weekdays": [5, 1],
    "hours": "22:00-02:00",
    "cost_fen": 700,
    "budget_fen": 70_000,
    "total_limit": 100,
    "start_days": 1,
    "valid_days": 7,
    "low_permille": 50,
    "low_count": 9,
    "codes": 100,
}


@pytest.mark.parametrize("document", [CUT, CASH, DISCOUNT, EXCHANGE, FULL])
def test_every_kind_reads_back_as_it_was_written(document):
    batch = read_batch(document)
    assert read_batch(json.loads(json.dumps(write_batch(batch)))) == batch


def test_everything_said_is_kept():
    assert read_batch(FULL).terms == Terms(
        slug="b", kind="discount", face_value_fen=2000, discount_permille=200,
        max_discount_fen=2000, stack_group="drinks", stacks_with=("cakes", "*"),
        shops=("sh-001",), weekdays=(1, 5), hours="22:00-02:00", cost_fen=700,
    )  # fmt: skip
    assert (read_batch(FULL).start_seconds, read_batch(FULL).valid_seconds) == (86400, 7 * 86400)
    assert [read_batch(BASE | {"face_value_fen": 800, "threshold_fen": t}).terms.kind
            for t in (0, 800)] == ["cash", "cut"]  # fmt: skip


@pytest.mark.parametrize(
    ("document", "changes", "field"),
    [
        pytest.param(CUT, {"kind": "gift"}, "kind", id="no such kind"),
        pytest.param(CUT, {"threshold_fen": None}, "threshold_fen", id="满减 without 满"),
        pytest.param(CUT, {"discount_permille": 1}, "discount_permille", id="a cut in per mille"),
        pytest.param(CASH, {"threshold_fen": 900}, "threshold_fen", id="代金 from a threshold on"),
        pytest.param(DISCOUNT, {"discount_permille": None}, "discount_permille", id="折扣 of what"),
        pytest.param(DISCOUNT, {"discount_permille": 1000}, "discount_permille", id="for nothing"),
        pytest.param(DISCOUNT, {"face_value_fen": 800}, "face_value_fen", id="折扣 with a value"),
        pytest.param(EXCHANGE, {"exchange": None}, "exchange", id="兑换 for what"),
        pytest.param(EXCHANGE, {"max_discount_fen": 1}, "max_discount_fen", id="兑换 with a cap"),
        pytest.param(CUT, {"hours": "9-17"}, "hours", id="hours without minutes"),
        pytest.param(CUT, {"hours": "10:00-10:00"}, "hours", id="no time at all"),
        pytest.param(CUT, {"hours": "10:00-24:00"}, "hours", id="an hour that is none"),
        pytest.param(CUT, {"weekdays": [0]}, "weekdays[0]", id="a day before Monday"),
        pytest.param(CUT, {"weekdays": [True]}, "weekdays[0]", id="a yes for a day"),
        pytest.param(CUT, {"stacks_with": "*"}, "stacks_with", id="no list"),
        pytest.param(CUT, {"shops": ["x" * 33]}, "shops[0]", id="a shop code too long"),
        pytest.param(DISCOUNT, {"budget_fen": 1}, "budget_fen", id="a budget of unknown cost"),
        pytest.param(CUT, {"budget_fen": 1600, "codes": 3}, "codes", id="more than it pays for"),
        pytest.param(CUT, {"total_limit": 2, "codes": 3}, "codes", id="more than there may be"),
        pytest.param(CUT, {"start_days": 1, "start_seconds": 1}, "start_seconds", id="two starts"),
    ],
)
def test_what_is_refused(document, changes, field):
    with pytest.raises(InvalidInput) as refusal:
        read_batch({**document, **changes})
    assert refusal.value.field == field


def test_the_schema_in_the_docs_is_the_codes():
    assert json.loads(FILE.read_text("utf-8")) == schema()
    assert sorted(schema()["properties"]) == sorted(FIELDS)
