"""A run's texts are filled once but for the link; what goes out is as if each had been filled."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.campaign.document.wording import fill
from bot.campaign.permission.order import load
from bot.campaign.planning import plan
from bot.campaign.sending.compose import Composer
from bot.store import campaigns
from bot.store.db import Store
from bot.tracking.tokens import link_url
from tests.bot.campaign.world import found_world

URL = "https://h.example"
TEXTS = {
    "at the end": "送您{title}：{link}",
    "alone": "{link}",
    "twice, and at the beginning": "{link} 送您{face_value}，点 {link} 领取",
    "with words for when there is none": "{title|我们的券}：{link|网址}",
    "changed by a filter": "{link|short:12} {link}",
    "with braces that are meant": "{{link}} {link}",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_each_text_carries_its_own_link_wherever_it_stands(store: Store, text: str):
    world = found_world(store, followers=2)
    made = world.begin()
    plan.begin(campaigns.get(made.id), world.now)
    order = load(made.id, URL, world.now)
    order = replace(order, definition=replace(order.definition, text=text, variants=()))
    (variant,) = order.definition.texts()
    composer, link_id = Composer(order), order.link_id
    assert link_id is not None
    for send_id, who in ((1, 1), (2, 2), (None, None)):
        url = link_url(URL, link_id, send_id, who)
        wanted = fill(text, {**order.values(), "link": url})
        assert composer.text(variant.name, send_id, who) == wanted
        assert url[:11] in wanted
