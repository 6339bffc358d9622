"""A sandbox as tests use one: followers who act and look at their phones, books that are asked.

All goes by the control plane, so that a platform in this process and one behind an address are the
same to a test. The pytest fixtures stand in `bot.sandbox.plugin`, their hosts in
`bot.sandbox.hosting`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import Any

from bot.clock import SHANGHAI
from bot.sandbox.config import SandboxConfig
from bot.sandbox.follower import Follower

Fields = dict[str, Any]


class ControlRefused(Exception):
    """The control plane said no; the message is its own. `status`: HTTP."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class CallbackNotVerified(AssertionError):
    """The program under test did not answer the platform's GET with its echostr."""

    def __init__(self, what: str, token: str) -> None:
        super().__init__(
            f"{what} did not answer the GET verification with its echostr:"
            f" does it know the token {token!r}, and is the path right?"
        )


class Sandbox(ABC):
    """One account on a platform of its own. A context manager: leaving it ends the platform.

    `people`: so many follow already when it begins, and do nothing by themselves.
    """

    def __init__(self, config: SandboxConfig, people: int = 0) -> None:
        self.config = config
        self._people = people
        self._way: Callable[[], None] | None = None  # connects the program once more
        self.url = ""  # of the API: what takes the place of https://api.weixin.qq.com

    # --- hosting -----------------------------------------------------------------------------

    @abstractmethod
    def _ask(self, method: str, path: str, fields: Fields) -> tuple[int, Any]:
        """Status and JSON of a control call."""

    @abstractmethod
    def _start(self) -> None: ...

    @abstractmethod
    def _stop(self) -> None: ...

    def __enter__(self) -> Sandbox:
        self._start()
        self._furnish()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def _furnish(self) -> None:
        if self._people:
            self.post("people", count=self._people)

    # --- the account -------------------------------------------------------------------------

    @property
    def appid(self) -> str:
        return self.config.appid

    @property
    def appsecret(self) -> str:
        return self.config.appsecret

    @property
    def token(self) -> str:
        """Signs the callbacks; not an access token."""
        return self.config.token

    @property
    def aes_key(self) -> str:
        return self.config.aes_key

    @property
    def original_id(self) -> str:
        """The account's own name in messages: gh_..."""
        return self.config.original_id

    @property
    def mode(self) -> str:
        return self.config.mode

    # --- the control plane -------------------------------------------------------------------

    def get(self, path: str, /, **query: Any) -> Any:
        """`GET /sandbox/<path>`. Raises ControlRefused."""
        return self._told("GET", path, {name: str(value) for name, value in query.items()})

    def post(self, act: str, /, **fields: Any) -> Any:
        """`POST /sandbox/<act>`. Raises ControlRefused."""
        return self._told("POST", act, fields)

    def _told(self, method: str, path: str, fields: Fields) -> Any:
        status, answer = self._ask(method, f"/sandbox/{path}", fields)
        if status != 200:
            raise ControlRefused(status, f"{path}: {answer.get('error', status)}")
        return answer

    # --- the program under test --------------------------------------------------------------

    def connect(self, url: str, timeout: float = 5.0) -> None:
        """Pushes go to this address from now on.

        As in the console it has to answer the verification: it is asked for `timeout` seconds.
        Raises CallbackNotVerified.
        """
        if not self.post("connect", url=url, timeout=timeout)["verified"]:
            raise CallbackNotVerified(url, self.token)
        self._way = lambda: self.connect(url, timeout)

    # --- people and time ---------------------------------------------------------------------

    def follower(self, name: str) -> Follower:
        """The person of this name, who need not follow yet."""
        return Follower(self, str(self.post("person", name=name)["openid"]), name)

    def openids(self) -> list[str]:
        """Of all who follow now, in the order of their first follow."""
        found: list[str] = []
        after = ""
        while True:
            page = self.get("followers", subscribed=1, limit=10_000, after=after)
            found += [one["openid"] for one in page["followers"]]
            after = page["next"]
            if not after:
                return found

    @property
    def virtual(self) -> bool:
        return self.config.stepped

    @property
    def now(self) -> datetime:
        """The platform's time."""
        return datetime.fromisoformat(self.get("clock")["now"]).astimezone(SHANGHAI)

    def settle(self, seconds: float = 15.0) -> None:
        """Until nothing is under way: at most so many seconds, or so many of virtual time."""
        self.post("settle", seconds=seconds)

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> None:
        """Moves the platform's clock ahead; on virtual time it is lived through."""
        self.post("advance", seconds=((days * 24 + hours) * 60 + minutes) * 60 + seconds)

    def run(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> int:
        """Lives through virtual time; how many things happened. It wants a `start`."""
        asked = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        return int(self.post("run", seconds=asked)["tasks"])

    def reset(self) -> None:
        """The world as it was at the beginning: nobody has acted, nothing was sent."""
        self.post("reset")
        self._furnish()
        if self._way is not None:
            self._way()

    # --- faults ------------------------------------------------------------------------------

    def fault(self, path: str = "", **fields: Any) -> None:
        """What the next calls of `path` meet (docs/reference/sandbox-control.md), or the pushes."""
        self.post("fault", **({"path": path} if path else {}), **fields)

    def clear_faults(self) -> None:
        self.post("clear_faults")

    def expire_tokens(self) -> None:
        """Every access token ends now, as if the platform had dropped them."""
        self.post("expire_tokens")

    # --- the books ---------------------------------------------------------------------------

    def ledger(self, *kinds: str, **filters: Any) -> list[Fields]:
        """Records of these kinds, oldest first; filters: openid, since, limit."""
        asked: Fields = self.get("ledger", kind=",".join(kinds), **filters)
        return list(asked["records"])

    def calls(self, path: str = "", **filters: Any) -> list[Fields]:
        """API calls as they came; filters: openid, errcode, since, limit."""
        chosen = {**({"path": path} if path else {}), **filters}
        return list(self.get("calls", **chosen)["calls"])

    def pushes(self, **filters: Any) -> list[Fields]:
        """Deliveries to the program, each try by itself; filters: openid, label, since, limit."""
        return list(self.get("pushes", **filters)["pushes"])

    def messages(self, openid: str) -> list[Fields]:
        """What the platform took for this person by API: customer-service, template, mass."""
        return list(self.get(f"followers/{openid}/messages")["messages"])

    def assert_sent(
        self, openid: str, *, text: str = "", kind: str = "", times: int | None = None
    ) -> None:
        """The platform took a message for this person; `text` is a part of it."""
        taken = self.messages(openid)
        fitting = [m for m in taken if text in m["text"] and kind in ("", m["kind"])]
        if (len(fitting) == times) if times is not None else fitting:
            return
        wanted = "a message" if times is None else f"{times} messages"
        about = "".join([f" with {text!r}" if text else "", f" of kind {kind}" if kind else ""])
        raise AssertionError(
            f"{openid} was to get {wanted}{about}; got {_listed(taken)}. "
            f"Refused calls: {_refusals([c for c in self.calls() if c['outcome'] != '0'])}"
        )

    def assert_no_faults(self) -> None:
        """No push ended in the notice that the account's program has failed."""
        if found := self.ledger("fault"):
            lines = [f"  {one['label']} of {one['openid']}: {one['reason']}" for one in found]
            raise AssertionError("the platform met faults:\n" + "\n".join(lines))


def _listed(taken: list[Fields]) -> str:
    return "; ".join(f"{m['kind']} {m['text'][:80]!r}" for m in taken) or "nothing"


def _refusals(calls: list[Fields]) -> str:
    refused = [f"{one['path']} {one['errmsg'] or one['outcome']}" for one in calls]
    return "; ".join(refused[-5:]) or "none"
