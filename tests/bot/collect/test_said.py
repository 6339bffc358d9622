"""What other systems may say of a follower: tags that end, and friends who stay unnamed."""

import pytest

from bot.clock import to_ms
from bot.collect import judging
from bot.errors import InvalidInput
from tests.conftest import NOON

LATER = "2026-12-01T00:00:00+08:00"
LATER_MS = 1_796_054_400_000


def judged(kind, facts):
    document = {"id": "1", "kind": kind, "at": NOON.isoformat(), "follower": 1, "facts": facts}
    return judging.event(document, NOON, NOON).facts


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        pytest.param({}, {}, id="a tag stays"),
        pytest.param({"until": LATER}, {"until": LATER_MS}, id="until an instant"),
        pytest.param({"days": 1}, {"days": 1}, id="for a day"),
        pytest.param({"days": 3650}, {"days": 3650}, id="for ten years"),
        pytest.param({"until": NOON.isoformat()}, {"until": to_ms(NOON)}, id="at once over"),
    ],
)
def test_when_a_tag_ends(said, kept):
    assert judged("tag", {"tag": "vip", **said}) == {
        "tag": "vip", "on": True, "source": "api", **kept
    }  # fmt: skip
    assert to_ms(NOON) < LATER_MS


@pytest.mark.parametrize(
    ("kind", "facts", "where"),
    [
        pytest.param("tag", {"until": LATER, "days": 1}, "facts.until", id="both ends"),
        pytest.param("tag", {"on": False, "days": 1}, "facts.until", id="of a tag taken away"),
        pytest.param("tag", {"until": "2026-12-01"}, "facts.until", id="a day without a zone"),
        pytest.param("tag", {"until": "2026-11-21T03:59:59Z"}, "facts.until", id="before it began"),
        pytest.param("tag", {"until": "1960-01-01T00:00:00Z"}, "facts.until", id="long before"),
        pytest.param("tag", {"until": 1.5}, "facts.until", id="no text"),
        pytest.param("tag", {"days": 0}, "facts.days", id="no days"),
        pytest.param("tag", {"days": True}, "facts.days", id="a truth"),
        pytest.param("tag", {"days": 3651}, "facts.days", id="more than ten years"),
        pytest.param("friends", {}, "facts", id="friends without a number"),
        pytest.param(
            "friends", {"count": 2, "shared": {"美食": 3}}, "facts", id="more than there are"
        ),
        pytest.param("friends", {"count": 2, "names": ["a"]}, "facts.names", id="friends by name"),
    ],
)
def test_what_is_refused_and_where(kind, facts, where):
    with pytest.raises(InvalidInput) as refused:
        judged(kind, {"tag": "vip", **facts} if kind == "tag" else facts)
    assert refused.value.field == where
