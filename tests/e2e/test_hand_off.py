"""A person is asked for, comes, answers, leaves, and is judged: over HTTP, with real processes."""

from __future__ import annotations

import pytest

from bot.i18n import t
from bot.sandbox.agents import Agents
from bot.sandbox.people import Bubble, Person
from bot.sandbox.sessions import Agent, Service
from tests.e2e.conftest import Serve, played
from tests.e2e.test_journeys import opened, said, wait_for

pytestmark = pytest.mark.slow
LAN = "lan@gh_hongyan000001"


def menu(person: Person) -> Bubble | None:
    """The last message with something to tap."""
    return next((bubble for bubble in reversed(person.chat) if bubble.items), None)


def test_from_the_word_to_the_verdict(environment: dict[str, str], serve: Serve):
    environment["HONGYAN_SCHEDULER"] = "on"
    with played(environment) as platform:
        serve()
        lin = opened(platform)
        platform.world.room(Service).agents[LAN] = Agent(LAN, "小兰", 1001, wx="lan", online=True)
        agents = Agents(platform.world, platform.acts)

        platform.acts.say(lin, "人工")
        platform.acts.say(lin, "我的订单呢")
        assert platform.pusher.drain(30)
        before = len(said(lin, "reply"))
        assert platform.world.room(Service).waiting["o-lin"].texts == ["人工", "我的订单呢"]

        agents.take(LAN, "o-lin")
        agents.say(LAN, "o-lin", "马上帮您查")
        agents.close(LAN, "o-lin")
        assert platform.pusher.drain(30)
        wait_for(lambda: menu(lin) is not None)
        assert len(said(lin, "reply")) == before  # the bot kept out of it

        asked = menu(lin)
        assert asked is not None
        assert asked.via == "custom"
        menu_id, yes = asked.items[0]
        platform.acts.say(lin, yes, menu_id)
        assert platform.pusher.drain(30)
        assert said(lin, "reply")[-1] == t("satisfied.thanks")
        assert not platform.world.ledger.records("fault")
