"""What human agents do: come online, take followers who wait, answer, hand over, close.

Refusals are PlatformErrors with the codes that the same act by API meets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.sandbox.acts import Acts
from bot.sandbox.codes import PlatformError
from bot.sandbox.people import Bubble, Person
from bot.sandbox.reception import refuses
from bot.sandbox.sessions import HEARD, SAID, Agent, Service, Session, Waiting, told
from bot.sandbox.world import World

ANSWERS_FOR = timedelta(hours=48)  # after the follower's last act
TEXTS_KEPT = 50  # of one who waits: nobody may ever come
UNKNOWN = (65401, 61452)  # errcodes of the new service and of the old


def refusal(world: World, codes: tuple[int, int], detail: str = "") -> PlatformError:
    """The code that this account's customer service gives: (new, old)."""
    return PlatformError(codes[0 if world.config.switches.kf_upgraded else 1], detail)


class Agents:
    """Holds nothing of its own; any number may be made for one world."""

    def __init__(self, world: World, acts: Acts) -> None:
        self._world, self._acts = world, acts

    @property
    def _service(self) -> Service:
        return self._world.room(Service)

    # --- the account's console, the agents' own WeChat -----------------------------------------

    def enable(self, on: bool = True) -> None:
        """Opens or closes 客服功能 for the account; closed, every call meets 65400."""
        with self._world.lock:
            self._service.enabled = on

    def confirm(self, account: str, accepted: bool = True) -> None:
        """The invited person answers. 65401 no such agent, 65416 no invitation that waits."""
        with self._world.lock:
            agent, now = self.known(account), self._world.clock()
            invited = agent.invitation
            if invited is None or invited.status(now) != "waiting":
                raise PlatformError(65416, "no invitation waits")
            if accepted:
                agent.wx, agent.invitation = invited.wx, None
            else:
                agent.invitation = replace(invited, rejected=True)
            self._noted("agent_confirmed", account, accepted=accepted)

    def employed_elsewhere(self, wx: str, accounts: int) -> None:
        """This WeChat user is an agent of so many other accounts; five is the most (65410)."""
        with self._world.lock:
            self._service.elsewhere[wx] = accounts

    def online(self, account: str, on: bool = True) -> None:
        """Comes to work or leaves; sessions stay. 65402 where no WeChat user is bound yet."""
        with self._world.lock:
            self.bound(account).online = on
            self._noted("agent_online", account, on=on)

    # --- sessions ------------------------------------------------------------------------------

    def take(self, account: str, openid: str) -> None:
        """Begins to serve the follower, waiting or not. Serving already: nothing happens.

        65401, 65402 no such or no bound agent, 65415 not online, 65414 another serves,
        40003, 43004 no follower.
        """
        with self._world.lock:
            agent, person = self.bound(account), self._world.follower(openid)
            if not agent.online:
                raise PlatformError(65415)
            self._begin(account, person)

    def say(self, account: str, openid: str, text: str) -> None:
        """An answer on the phone. 10700, 10703, 10706, 62751 where it cannot arrive."""
        with self._world.lock:
            self.bound(account)
            self._serving(account, openid)
            if not text:
                raise PlatformError(44004)
            person, now = self._world.people[openid], self._world.clock()
            self._must_reach(person)
            self._service.note(openid, SAID, text, now, account)
            self._noted("agent_said", account, openid=openid)
            self._world.show(person, Bubble("account", "text", text, now, "agent"))

    def switch(self, account: str, to: str, openid: str) -> None:
        """Hands the follower over to another agent."""
        with self._world.lock:
            self.bound(account)
            session = self._serving(account, openid)
            if not self.bound(to).online:
                raise PlatformError(65415)
            if to == account:
                return
            session.account, session.forwarded_since = to, self._world.clock()
            self._changed(openid, "kf_switch_session", FromKfAccount=account, ToKfAccount=to)

    def close(self, account: str, openid: str) -> None:
        """65413 nobody serves this follower, 65414 another does."""
        with self._world.lock:
            self.known(account)
            self._serving(account, openid)
            del self._service.sessions[openid]
            self._changed(openid, "kf_close_session", KfAccount=account)

    def transferred(self, person: Person, fields: Mapping[str, Any], account: str = "") -> None:
        """The program answered a push (`fields`) with transfer_customer_service.

        Who is served already goes on being served; a bound agent that is named serves at once,
        online or not; everybody else waits.
        """
        with self._world.lock:
            service, now = self._service, self._world.clock()
            taken = service.enabled and person.subscribed
            self._world.ledger.add(
                "transfer", now, openid=person.openid, kf_account=account, taken=taken
            )
            if not taken:
                return
            texts = [] if fields.get("MsgType") == "event" else [told(fields)]
            if session := service.sessions.get(person.openid):
                session.forwarded_since = now
                self._hand_over(person, texts, session.account)
                return
            waiting = service.waiting.setdefault(person.openid, Waiting(now))
            waiting.texts = (waiting.texts + texts)[-TEXTS_KEPT:]
            named = service.agents.get(account)
            if named is not None and self._works(named):
                self._begin(account, person)

    # --- the common part -----------------------------------------------------------------------

    def known(self, account: object) -> Agent:
        found = self._service.agents.get(account) if isinstance(account, str) else None
        if found is None:
            raise refusal(self._world, UNKNOWN)
        return found

    def bound(self, account: object) -> Agent:
        agent = self.known(account)
        if not self._works(agent):
            raise PlatformError(65402)
        return agent

    def _works(self, agent: Agent) -> bool:
        """The old service's agents log in with a password, the new one's with their WeChat."""
        return bool(agent.wx) or not self._world.config.switches.kf_upgraded

    def _begin(self, account: str, person: Person) -> None:
        service, now = self._service, self._world.clock()
        if session := service.sessions.get(person.openid):
            if session.account != account:
                raise PlatformError(65414)
            return
        waited = service.waiting.pop(person.openid, None)
        service.sessions[person.openid] = Session(account, now, now)
        self._changed(person.openid, "kf_create_session", KfAccount=account)
        self._hand_over(person, waited.texts if waited else [], account)

    def _hand_over(self, person: Person, texts: list[str], account: str) -> None:
        for text in texts:
            self._service.note(person.openid, HEARD, text, self._world.clock(), account)

    def _serving(self, account: str, openid: str) -> Session:
        session = self._service.sessions.get(openid)
        if session is None:
            raise PlatformError(65413)
        if session.account != account:
            raise PlatformError(65414)
        return session

    def _must_reach(self, person: Person) -> None:
        if not person.subscribed:
            raise PlatformError(10700)
        if person.blacklisted:
            raise PlatformError(62751)
        if refuses(self._world, person):
            raise PlatformError(10703)
        acted = person.last_act_at
        if acted is None or acted + ANSWERS_FOR <= self._world.clock():
            raise PlatformError(10706)

    def _changed(self, openid: str, event: str, **accounts: str) -> None:
        """Tells the program, and the books."""
        self._world.ledger.add(event, self._world.clock(), openid=openid, **accounts)
        self._acts.session_changed(self._world.people[openid], event, **accounts)

    def _noted(self, kind: str, account: str, **facts: Any) -> None:
        self._world.ledger.add(kind, self._world.clock(), account=account, **facts)
