import threading
from datetime import timedelta

from bot.store.db import database
from bot.store.models import AccessToken
from bot.store.tokens import SharedTokens
from bot.values.token import SharedToken
from bot.wechat.token import Fetched, TokenProvider
from tests.conftest import NOON

APPID = "wx0123456789abcdef"
END = NOON + timedelta(hours=2)


def test_before_the_first_there_is_an_empty_one(any_store):
    assert SharedTokens().load(APPID) == SharedToken()


def test_a_token_is_kept_with_its_end_and_a_growing_version(any_store):
    tokens = SharedTokens()
    assert tokens.save(APPID, "one", END, 0)
    assert tokens.save(APPID, "two", END, 1)
    kept = tokens.load(APPID)
    assert (kept.token, kept.expires_at, kept.version) == ("two", END, 2)


def test_only_the_version_that_was_seen_is_replaced(any_store):
    tokens = SharedTokens()
    tokens.save(APPID, "newer", END, 0)
    assert not tokens.save(APPID, "older", END, 0)
    assert tokens.load(APPID).token == "newer"


def test_failures_are_counted_until_a_success(any_store):
    tokens = SharedTokens()
    tokens.note_failure(APPID, "-1: busy", NOON)
    tokens.note_failure(APPID, "40164: " + "x" * 900, NOON)
    kept = tokens.load(APPID)
    assert (kept.failures, kept.failed_at, kept.failure[:6]) == (2, NOON, "40164:")
    tokens.save(APPID, "one", END, kept.version)
    assert tokens.load(APPID) == SharedToken("one", END, 1)


def test_apps_do_not_share(any_store):
    SharedTokens().save(APPID, "one", END, 0)
    assert SharedTokens().load("wxother") == SharedToken()


def test_the_token_is_sealed_at_rest(store):
    SharedTokens().save(APPID, "very-secret", END, 0)
    stored = store.db.execute_sql("SELECT token FROM access_token").fetchone()[0]
    assert b"very-secret" not in bytes(stored)
    assert AccessToken.get().token == "very-secret"


def test_one_fetches_at_a_time(any_store):
    tokens = SharedTokens()
    assert tokens.acquire(APPID, "a", 10_000) is not None
    assert tokens.acquire(APPID, "b", 10_000) is None
    tokens.release(APPID, "a")
    assert tokens.acquire(APPID, "b", 10_000) is not None


def test_two_processes_on_one_store_fetch_once(any_store):
    fetches: list[int] = []
    barrier = threading.Barrier(8)
    pause = threading.Event()
    found: list[str] = []

    def fetch() -> Fetched:
        fetches.append(1)
        return Fetched(f"token-{len(fetches)}", 7200)

    providers = [
        TokenProvider(APPID, fetch, SharedTokens(), lambda: NOON, lambda s: pause.wait(0.01))
        for _ in range(2)
    ]

    def ask(provider: TokenProvider) -> None:
        barrier.wait()
        found.append(provider.get(NOON))
        database.obj.close()

    threads = [threading.Thread(target=ask, args=(providers[n % 2],)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found, len(fetches)) == (["token-1"] * 8, 1)
