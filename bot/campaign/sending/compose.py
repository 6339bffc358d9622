"""From a claimed row to the call that carries it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from bot.campaign.document.wording import fill
from bot.campaign.permission.matching import Piece
from bot.campaign.permission.order import REMINDER, Order
from bot.channels.customer_service import text_call
from bot.channels.notices import one_time_call, subscription_call
from bot.channels.template import notice_call
from bot.content.wording import places
from bot.store import followers, send_plan, sends
from bot.store.sends import SendRow
from bot.tracking.tokens import coupon_url, link_url
from bot.values.audience import Channel
from bot.wechat.calls import Call

_MARK = secrets.token_hex(16)  # stands for the link, and in no text


class Composer:
    """Builds the calls of one run; texts and values that all share are looked up once."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self._texts = {variant.name: variant.text for variant in order.definition.texts()}
        # Of several offers a sample shows the first; a row's own has a composer of its own.
        self._values = (order.bearing(order.choices[0]) if order.choices else order).values()
        self._each = {batch.id: Composer(order.bearing(batch)) for batch in order.choices}
        self._around = {name: around for name in self._texts if (around := self._without(name))}
        self._carried: dict[int, str] = {}  # send id -> slug of its piece

    def calls(self, rows: Sequence[SendRow]) -> list[tuple[SendRow, Call | None]]:
        """A call for each row, in order; None for a follower who was erased since the claim."""
        openids = followers.openids_of([row.follower_id for row in rows])
        if self.order.pieces:
            self._carried = send_plan.carried([row.id for row in rows])
        ends = self._ends(rows)
        return [
            (row, self.of(row.batch_id)._call(row, openids[row.follower_id], ends.get(row.subject)))
            if row.follower_id in openids
            else (row, None)
            for row in rows
        ]

    def of(self, batch_id: int | None) -> Composer:
        """Of those who get this batch; without choices there is but one."""
        return self._each.get(batch_id or 0, self)

    def text(
        self, variant: str, send_id: int | None, follower_id: int | None, piece: str = ""
    ) -> str:
        """The finished text; without a send the link is a sample that leads to no one's offer.

        piece   slug of the piece that a sample carries; a send's own is known
        """
        carried = self._piece(send_id, piece)
        link_id = self._link_id(carried)
        if link_id is None:
            return fill(self._texts[variant], self._values_of(carried))
        url = link_url(self.order.public_url, link_id, send_id, follower_id)
        if carried is None and variant in self._around:  # only the link tells the texts apart
            return url.join(self._around[variant])
        return fill(self._texts[variant], {**self._values_of(carried), "link": url})

    def _values_of(self, carried: Piece | None) -> dict[str, str]:
        return self._values if carried is None else {**self._values, **carried.values}

    def _without(self, variant: str) -> list[str]:
        """What stands before, between and behind the links of a filled text, whatever the link
        is; empty where the text changes the link, so that it is not seen again."""
        text = self._texts[variant]
        wanted = [place for place in places(text) if place.name == "link"]
        if any(place.filters for place in wanted):
            return []
        return fill(text, {**self._values, "link": _MARK}).split(_MARK)

    def _piece(self, send_id: int | None, slug: str = "") -> Piece | None:
        """A sample without a piece of its own shows the first."""
        order = self.order
        if not order.pieces:
            return None
        if send_id is not None and send_id not in self._carried:
            self._carried |= send_plan.carried([send_id])
        slug = slug or self._carried.get(send_id or 0, "")
        return order.piece(slug) or order.pieces[0]

    def _link_id(self, piece: Piece | None) -> int | None:
        own = self.order.link_id
        return piece.link_id if own is None and piece is not None else own

    def _call(self, row: SendRow, openid: str, ends: datetime | None) -> Call:
        if row.step == REMINDER:
            return self._reminder(row, openid, ends)
        if row.channel == Channel.TEMPLATE:
            return self._notice(row, openid)
        if row.channel == Channel.SUBSCRIPTION_NOTICE:
            return self._subscription(row, openid)
        if row.channel == Channel.ONE_TIME:
            return self._one_time(row, openid)
        return text_call(row.id, openid, self.text(row.variant, row.id, row.follower_id))

    def _notice(self, row: SendRow, openid: str) -> Call:
        notice = self.order.definition.template
        assert notice is not None, "the definition was checked: the channel needs it"
        url = self._url(row)
        return notice_call(row.id, openid, notice.template_id, notice.fields, url, row.client_id)

    def _subscription(self, row: SendRow, openid: str) -> Call:
        notice = self.order.definition.means.subscription
        assert notice is not None, "the definition was checked: the channel needs it"
        fields = {name: fill(text, self._values) for name, text in notice.fields.items()}
        return subscription_call(row.id, openid, notice.template_id, fields, self._url(row))

    def _one_time(self, row: SendRow, openid: str) -> Call:
        means = self.order.definition.means.one_time
        assert means is not None, "the definition was checked: the channel needs it"
        text, url = self.text(row.variant, row.id, row.follower_id), self._url(row)
        return one_time_call(row.id, openid, means.template_id, means.scene, means.title, text, url)

    def _url(self, row: SendRow) -> str:
        """The row's own tracked link; "" where the run has none."""
        link_id = self._link_id(self._piece(row.id))
        if link_id is None:
            return ""
        return link_url(self.order.public_url, link_id, row.id, row.follower_id)

    def _reminder(self, row: SendRow, openid: str, ends: datetime | None) -> Call:
        reminder = self.order.definition.reminder
        assert reminder is not None, "only a definition with a reminder plans such rows"
        values = dict(self._values)
        if ends is not None:
            values["expires"] = f"{ends.astimezone(self.order.zone):%Y-%m-%d %H:%M}"
        fields = {name: fill(text, values) for name, text in reminder.fields.items()}
        url = coupon_url(self.order.public_url, int(row.subject))
        return notice_call(row.id, openid, reminder.template_id, fields, url, row.client_id)

    def _ends(self, rows: Sequence[SendRow]) -> dict[str, datetime | None]:
        """When the coupons of notices end, by subject."""
        states = sends.code_states([int(row.subject) for row in rows if row.subject])
        return {str(code_id): expires_at for code_id, (_, expires_at) in states.items()}
