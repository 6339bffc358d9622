from bot.store.events import append
from tests.conftest import NOON, a_follower
from bot.store import accounts


def test_an_event_is_appended_once(any_store):
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    lin = a_follower(account)
    args = dict(
        at=NOON, received_at=NOON, source="handler", key="k", facts={"a": 1}, sealed={"x": "好"}
    )
    assert append(account, lin, "tag", **args) is not None
    assert append(account, lin, "tag", **args) is None
