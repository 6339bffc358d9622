"""The same for every account: what fails for one does not keep the others from theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.errors import HongyanError
from bot.store import accounts


class SomeFailed(HongyanError):
    """`failed` by slug; `done`: how much the others came to."""

    def __init__(self, failed: Mapping[str, HongyanError], done: int) -> None:
        super().__init__("; ".join(f"{slug}: {error}" for slug, error in failed.items()))
        self.failed = failed
        self.done = done


def each_account(work: Callable[[int], int]) -> int:
    """How much was done, by account id. Raises SomeFailed when all had their turn."""
    done, failed = 0, dict[str, HongyanError]()
    for account, slug in accounts.slugs().items():
        try:
            done += work(account)
        except HongyanError as error:
            failed[slug] = error
    if failed:
        raise SomeFailed(failed, done)
    return done
