"""From a claimed row to the call that carries it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.campaign.order import REMINDER, Order
from bot.campaign.wording import fill
from bot.channels.customer_service import text_call
from bot.channels.template import notice_call
from bot.store import followers, sends
from bot.store.sends import SendRow
from bot.tracking.tokens import coupon_url, link_url
from bot.values.audience import Channel
from bot.wechat.calls import Call


class Composer:
    """Builds the calls of one run; texts and values that all share are looked up once."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._texts = {variant.name: variant.text for variant in order.definition.texts()}
        self._values = order.values()

    def calls(self, rows: Sequence[SendRow]) -> list[tuple[SendRow, Call | None]]:
        """A call for each row, in order; None for a follower who was erased since the claim."""
        openids = followers.openids_of([row.follower_id for row in rows])
        ends = self._ends(rows)
        return [
            (row, self._call(row, openids[row.follower_id], ends.get(row.subject)))
            if row.follower_id in openids
            else (row, None)
            for row in rows
        ]

    def text(self, variant: str, send_id: int | None, follower_id: int | None) -> str:
        """The finished text; without a send the link is a sample that leads to no one's offer."""
        values = dict(self._values)
        order = self._order
        if order.link_id is not None:
            values["link"] = link_url(order.public_url, order.link_id, send_id, follower_id)
        return fill(self._texts[variant], values)

    def _call(self, row: SendRow, openid: str, ends: datetime | None) -> Call:
        if row.step == REMINDER:
            return self._reminder(row, openid, ends)
        if row.channel == Channel.TEMPLATE:
            return self._notice(row, openid)
        return text_call(row.id, openid, self.text(row.variant, row.id, row.follower_id))

    def _notice(self, row: SendRow, openid: str) -> Call:
        notice = self._order.definition.template
        assert notice is not None, "the definition was checked: the channel needs it"
        url = ""
        if self._order.link_id is not None:
            url = link_url(self._order.public_url, self._order.link_id, row.id, row.follower_id)
        return notice_call(row.id, openid, notice.template_id, notice.fields, url, row.client_id)

    def _reminder(self, row: SendRow, openid: str, ends: datetime | None) -> Call:
        reminder = self._order.definition.reminder
        assert reminder is not None, "only a definition with a reminder plans such rows"
        values = dict(self._values)
        if ends is not None:
            values["expires"] = f"{ends.astimezone(self._order.zone):%Y-%m-%d %H:%M}"
        fields = {name: fill(text, values) for name, text in reminder.fields.items()}
        url = coupon_url(self._order.public_url, int(row.subject))
        return notice_call(row.id, openid, reminder.template_id, fields, url, row.client_id)

    def _ends(self, rows: Sequence[SendRow]) -> dict[str, datetime | None]:
        """When the coupons of notices end, by subject."""
        states = sends.code_states([int(row.subject) for row in rows if row.subject])
        return {str(code_id): expires_at for code_id, (_, expires_at) in states.items()}
