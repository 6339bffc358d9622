"""The one shared access token of each app, and the lease under which it is fetched."""

from __future__ import annotations

from datetime import datetime

from bot.store import leases
from bot.store.db import transaction
from bot.store.models import AccessToken
from bot.values.token import SharedToken

FAILURE_LENGTH = 500


class SharedTokens:
    """What every process of the installation shares; bot.wechat.token says what it is for."""

    def load(self, appid: str) -> SharedToken:
        """What is stored; an empty token before the first."""
        row = AccessToken.get_or_none(AccessToken.appid == appid)
        if row is None:
            return SharedToken()
        return SharedToken(
            token=row.token or "",
            expires_at=row.expires_at,
            version=row.version,
            failures=row.failures,
            failed_at=row.failed_at,
            failure=row.failure,
        )

    def save(self, appid: str, token: str, expires_at: datetime, version: int) -> bool:
        """Store a fetched token over `version`. False: a newer one is there already and stays."""
        with transaction():
            self._ensure(appid)
            changed: int = (
                AccessToken.update(
                    token=token,
                    expires_at=expires_at,
                    version=version + 1,
                    failures=0,
                    failed_at=None,
                    failure="",
                )
                .where((AccessToken.appid == appid) & (AccessToken.version == version))
                .execute()
            )
        return changed == 1

    def note_failure(self, appid: str, failure: str, now: datetime) -> None:
        """Count a failed fetch, for every process to see; the stored token stays."""
        with transaction():
            self._ensure(appid)
            AccessToken.update(
                failures=AccessToken.failures + 1,
                failed_at=now,
                failure=failure[:FAILURE_LENGTH],
            ).where(AccessToken.appid == appid).execute()

    def acquire(self, appid: str, owner: str, ms: int) -> int | None:
        """The right to fetch, for `ms` milliseconds; None while another process has it."""
        return leases.acquire(f"token:{appid}", owner, ms)

    def release(self, appid: str, owner: str) -> None:
        leases.release(f"token:{appid}", owner)

    def _ensure(self, appid: str) -> None:
        AccessToken.insert(appid=appid).on_conflict_ignore().execute()
