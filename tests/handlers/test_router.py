import pytest

from bot.inbox.context import Handled, Passed
from bot.values.inbound import (
    ImageMessage,
    Inbound,
    MenuClick,
    Message,
    Subscribe,
    TextMessage,
    UnknownEvent,
)
from bot.values.replies import NO_REPLY, TextReply
from handlers.router import LONGEST_WHY, MOST_NOTED, Router, containing, keyword, regex, when, word
from tests.conftest import NOON


def a_text(text: str) -> TextMessage:
    return TextMessage(account="gh", openid="o-lin", sent_at=NOON, text=text)


def a(kind: type[Inbound], **fields) -> Inbound:
    return kind(account="gh", openid="o-lin", sent_at=NOON, **fields)


def taken(router: Router, message: Inbound, ctx) -> str:
    return router.dispatch(message, ctx).handler.rpartition(".")[2]


@pytest.mark.parametrize(
    ("rule", "text", "reason"),
    [
        pytest.param(keyword("优惠券", "coupon"), "优惠券", "keyword 优惠券", id="the exact word"),
        pytest.param(keyword("优惠券", "coupon"), " COUPON! ", "keyword coupon", id="in any case"),
        pytest.param(keyword("优惠券"), "我要优惠券吗", None, id="not inside a sentence"),
        pytest.param(containing("优惠"), "我要优惠券吗", "contains 优惠", id="unless asked for"),
        pytest.param(word("opt_out"), "ＴＤ", "word opt_out", id="a command word"),
        pytest.param(word("opt_out"), "恢复", None, id="another command word"),
        pytest.param(regex(r"订单\d+"), "查 订单１２", r"pattern 订单\d+", id="a pattern"),
        pytest.param(regex(r"^\d+$"), "十二", None, id="a pattern that is not there"),
        pytest.param(when("short", lambda m, _: len(m.text) < 3), "好", "short", id="a condition"),
    ],
)
def test_a_rule_says_why_it_takes_a_text(house, rule, text, reason):
    router = Router()

    @router.text(rule)
    def handler(message, ctx):
        return TextReply("ok")

    handled = router.dispatch(a_text(text), house.context())
    assert (handled.reason if handled.handler != "none" else None) == reason


def test_the_first_registered_handler_wins_and_may_pass(house):
    router = Router()

    @router.text(keyword("a", "b"))
    def first(message, ctx):
        return None if message.text == "b" else TextReply("first")

    @router.text()
    def second(message, ctx):
        return TextReply("second")

    assert taken(router, a_text("a"), house.context()) == "first"
    assert taken(router, a_text("b"), house.context()) == "second"
    assert taken(router, a_text("c"), house.context()) == "second"


def test_a_handler_for_a_family_takes_every_kind_in_it(house):
    router = Router()

    @router.on(Message)
    def message(message, ctx):
        return NO_REPLY

    @router.on(MenuClick, Subscribe)
    def event(message, ctx):
        return NO_REPLY

    assert taken(router, a_text("x"), house.context()) == "message"
    assert taken(router, a(ImageMessage), house.context()) == "message"
    assert taken(router, a(Subscribe), house.context()) == "event"


def test_what_nobody_takes_gets_no_reply_and_says_so(house):
    handled = Router().dispatch(a(UnknownEvent), house.context())
    assert handled == Handled(NO_REPLY, "none", "no handler for event.unknown")


def test_a_handler_may_name_its_own_reason(house):
    router = Router()

    @router.text()
    def handler(message, ctx):
        return Handled(NO_REPLY, "special", "because")

    assert router.dispatch(a_text("x"), house.context()) == Handled(NO_REPLY, "special", "because")


def test_a_rule_registered_later_counts_at_once(house):
    router = Router()
    assert taken(router, a_text("x"), house.context()) == "none"

    @router.text()
    def late(message, ctx):
        return NO_REPLY

    assert taken(router, a_text("x"), house.context()) == "late"


def test_a_handler_that_raises_is_the_inboxs_to_settle(house):
    router = Router()

    @router.text()
    def broken(message, ctx):
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        router.dispatch(a_text("x"), house.context())


# --- the trace ----------------------------------------------------------------------------------


def asked(router: Router, text: str, ctx) -> list[tuple[str, str, bool, str]]:
    trace = router.dispatch(a_text(text), ctx).trace
    return [(step, name.rpartition(".")[2], took, why) for step, name, took, why in trace]


def test_the_trace_names_every_handler_that_was_asked_and_why_it_passed(house):
    router = Router()

    @router.text(keyword("c"), step="rights")
    def other_word(message, ctx):
        return None

    @router.text(keyword("a"), step="rights")
    def second_thoughts(message, ctx):
        return Passed("nothing is being erased")

    @router.text(step="rights")
    def third(message, ctx):
        return None

    @router.text(keyword("c"), step="human")
    def nobody(message, ctx):
        return TextReply("c")

    @router.text()
    def unnamed(message, ctx):
        return None

    @router.text(step="default")
    def default(message, ctx):
        return Handled(TextReply("ok"), "default", "nothing recognised")

    assert asked(router, "a", house.context()) == [
        ("rights", "second_thoughts", False, "nothing is being erased"),
        ("rights", "third", False, "passed on"),
        ("human", "nobody", False, "nothing of it in the message"),
        ("default", "default", True, "nothing recognised"),
    ]


def test_a_trace_is_bounded_and_never_without_who_took_it(house):
    router = Router()
    for _ in range(2 * MOST_NOTED):
        router.text(step="rules")(lambda message, ctx: Passed("no " * LONGEST_WHY))

    @router.text(step="default")
    def default(message, ctx):
        return Handled(TextReply("ok"), "default", "w" * 2 * LONGEST_WHY)

    trace = asked(router, "a", house.context())
    assert len(trace) == MOST_NOTED + 1
    assert max(len(why) for _, _, _, why in trace) == LONGEST_WHY
    assert trace[-1][:3] == ("default", "default", True)
