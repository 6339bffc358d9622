"""Which population a config means."""

from __future__ import annotations

from bot.sandbox.acts import Acts
from bot.sandbox.crowd.errands import Web
from bot.sandbox.crowd.population import Population
from bot.sandbox.crowd.town import Town
from bot.sandbox.pusher import Pusher
from bot.sandbox.stepper import SteppedTimeline
from bot.sandbox.timeline import Timeline
from bot.sandbox.world import World

Inhabitants = Population | Town


def inhabitants(
    world: World,
    acts: Acts,
    pusher: Pusher,
    timeline: Timeline | SteppedTimeline,
    web: Web | None = None,
) -> Inhabitants:
    """`people` "story" or "life"; `web` where the program is in this process."""
    kind = Town if world.config.people == "life" else Population
    return kind(world, acts, pusher, timeline, web)
