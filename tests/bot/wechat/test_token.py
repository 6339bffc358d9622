import threading
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from bot.errors import GatewayDown, RequestRejected, Transient
from bot.values.token import SharedToken
from bot.wechat.token import Fetched, TokenProvider, fetch_error
from tests.conftest import NOON

APPID = "wx0123456789abcdef"


class Memory:
    """A token store in this process."""

    def __init__(self) -> None:
        self.shared = SharedToken()
        self.owner: str | None = None
        self.lock = threading.Lock()

    def load(self, appid: str) -> SharedToken:
        return self.shared

    def save(self, appid: str, token: str, expires_at: datetime, version: int) -> bool:
        with self.lock:
            if self.shared.version != version:
                return False
            self.shared = SharedToken(token, expires_at, version + 1)
            return True

    def note_failure(self, appid: str, failure: str, now: datetime) -> None:
        failures = self.shared.failures + 1
        self.shared = replace(self.shared, failures=failures, failed_at=now, failure=failure)

    def acquire(self, appid: str, owner: str, ms: int) -> int | None:
        with self.lock:
            if self.owner not in (None, owner):
                return None
            self.owner = owner
            return 1

    def release(self, appid: str, owner: str) -> None:
        self.owner = None


class World:
    """A platform, a clock and a store; `errors` are raised by the next fetches."""

    def __init__(self) -> None:
        self.now = NOON
        self.store = Memory()
        self.fetches = 0
        self.given = 0
        self.life_s = 7200
        self.errors: list[Exception] = []
        self.sleeps = 0
        self.while_asleep = lambda: None

    def fetch(self) -> Fetched:
        self.fetches += 1
        if self.errors:
            raise self.errors.pop(0)
        self.given += 1
        return Fetched(f"token-{self.given}", self.life_s)

    def sleep(self, seconds: float) -> None:
        self.sleeps += 1
        self.while_asleep()

    def provider(self) -> TokenProvider:
        return TokenProvider(APPID, self.fetch, self.store, lambda: self.now, self.sleep)

    def later(self, **delta: float) -> datetime:
        self.now += timedelta(**delta)
        return self.now


@pytest.fixture
def world() -> World:
    return World()


def test_sixteen_threads_on_a_cold_start_fetch_once(world):
    provider = world.provider()
    barrier, tokens = threading.Barrier(16), []

    def ask() -> None:
        barrier.wait()
        tokens.append(provider.get(NOON))

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tokens, world.fetches) == (["token-1"] * 16, 1)


def test_a_second_process_takes_what_the_first_one_fetched(world):
    first, second = world.provider(), world.provider()
    assert first.get(NOON) == second.get(NOON) == "token-1"
    assert world.fetches == 1


@pytest.mark.parametrize(
    ("after", "token"),
    [
        pytest.param(timedelta(minutes=114), "token-1", id="six minutes before its end it serves"),
        pytest.param(timedelta(minutes=115), "token-2", id="five minutes before, the next one"),
        pytest.param(timedelta(days=2), "token-2", id="long after its end, the next one"),
    ],
)
def test_a_token_is_renewed_before_its_end(world, after, token):
    provider = world.provider()
    provider.get(NOON)
    world.now = NOON + after
    assert provider.get(world.now) == token


def test_given_the_same_token_near_its_end_it_is_not_asked_for_at_every_call(world):
    world.life_s = 250
    provider = world.provider()
    for _ in range(5):
        provider.get(world.now)
    assert world.fetches == 1
    provider.get(world.later(seconds=10))
    assert world.fetches == 2


# --- a refused token ---------------------------------------------------------------------------


def test_a_refused_token_is_fetched_again_once_for_all(world):
    first, second = world.provider(), world.provider()
    first.get(NOON), second.get(NOON)
    assert first.replace("token-1", NOON) == "token-2"
    assert second.replace("token-1", NOON) == "token-2"
    assert world.fetches == 2


def test_refusals_without_end_cost_one_fetch_in_ten_seconds(world):
    provider = world.provider()
    token = provider.get(NOON)
    for _ in range(100):
        token = provider.replace(token, world.now)
    assert world.fetches == 2
    assert provider.replace(token, world.later(seconds=10)) == "token-3"


def test_where_the_shared_row_is_gone_a_refused_token_is_fetched_at_once(world):
    """A database made anew under a running process: its rate limit guards nothing."""
    provider = world.provider()
    provider.replace(provider.get(NOON), NOON)
    world.store.shared = SharedToken()
    assert provider.replace("token-2", world.later(seconds=1)) == "token-3"


def test_sixteen_threads_with_a_refused_token_fetch_once(world):
    provider = world.provider()
    provider.get(NOON)
    threads = [threading.Thread(target=provider.replace, args=("token-1", NOON)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert world.fetches == 2


def test_an_older_token_never_overwrites_a_newer(world):
    provider = world.provider()

    def overtaken() -> Fetched:
        world.store.save(APPID, "newer", NOON + timedelta(hours=2), 0)
        return Fetched("older", 7200)

    provider._fetch = overtaken
    assert provider.get(NOON) == "newer"


# --- when fetching fails -----------------------------------------------------------------------


def test_while_the_old_token_lives_a_failed_fetch_is_no_failure(world):
    provider = world.provider()
    provider.get(NOON)
    world.errors = [GatewayDown(None, "no connection")]
    assert provider.get(world.later(minutes=116)) == "token-1"


def test_a_failed_fetch_is_remembered_by_every_process(world):
    world.errors = [RequestRejected(40164, "invalid ip 1.2.3.4")]
    with pytest.raises(RequestRejected):
        world.provider().get(NOON)
    with pytest.raises(RequestRejected, match="40164: invalid ip"):
        world.provider().get(world.later(seconds=9))
    assert world.fetches == 1
    assert world.provider().get(world.later(seconds=1)) == "token-1"


def test_pauses_double_up_to_five_minutes(world):
    provider, tries = world.provider(), []
    world.errors = [Transient(-1, "busy") for _ in range(100)]
    for second in range(1500):
        before = world.fetches
        with pytest.raises(Transient):
            provider.get(world.now)
        if world.fetches > before:
            tries.append(second)
        world.later(seconds=1)
    pauses = [b - a for a, b in pairwise(tries)]
    assert pauses == [10, 20, 40, 80, 160, 300, 300, 300]


def test_a_success_ends_the_pauses(world):
    provider = world.provider()
    world.errors = [GatewayDown(None, "no connection")]
    with pytest.raises(GatewayDown):
        provider.get(NOON)
    provider.get(world.later(seconds=10))
    assert world.store.shared.failures == 0


@pytest.mark.parametrize("errcode", [40001, 40013, 40125, 40164, 40243, 89503])
def test_a_refusal_that_only_a_human_can_mend_says_how(errcode):
    error = fetch_error(errcode, "rid: 1")
    assert type(error) is RequestRejected
    assert len(error.errmsg) > 40


# --- another process is fetching ---------------------------------------------------------------


def test_while_another_process_fetches_its_token_is_waited_for(world):
    provider = world.provider()
    world.store.owner = "another process"
    world.while_asleep = lambda: world.store.save(APPID, "theirs", NOON + timedelta(hours=2), 0)
    assert provider.get(NOON) == "theirs"
    assert (world.fetches, world.sleeps) == (0, 1)


def test_when_the_other_process_dies_its_lease_is_taken_over(world):
    provider = world.provider()
    world.store.owner = "another process"
    world.while_asleep = lambda: setattr(world.store, "owner", None)
    assert provider.get(NOON) == "token-1"


def test_the_failure_of_the_other_process_ends_the_wait(world):
    provider = world.provider()
    world.store.owner = "another process"
    world.while_asleep = lambda: world.store.note_failure(APPID, "40125: bad secret", NOON)
    with pytest.raises(RequestRejected, match="40125"):
        provider.get(NOON)
    assert world.fetches == 0


def test_waiting_ends(world):
    world.store.owner = "another process"
    with pytest.raises(GatewayDown):
        world.provider().get(NOON)
    assert world.fetches == 0


def test_logs_hold_no_token(world, caplog):
    caplog.set_level("DEBUG")
    provider = world.provider()
    provider.get(NOON)
    provider.replace("token-1", NOON)
    assert "token-1" not in caplog.text
    assert "token-2" not in caplog.text
    assert "token-1" not in repr(world.store.shared)
