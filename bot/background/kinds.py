"""The kinds of tasks, and what does each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.background import (
    alike,
    backup,
    collisions,
    content_table,
    coupon_files,
    coupon_radar,
    dryrun,
    figures,
    follower_files,
    groups,
    importing,
    member_list,
    overlap,
    picture,
    privacy_audit,
    quota_month,
    replay,
    report,
    rest,
    sends,
    suggesting,
    syncing,
    tag_changes,
    teach,
    train,
)
from bot.background.desk import Desk
from bot.store.background import Task

Work = Callable[[Desk], dict[str, Any]]


@dataclass(frozen=True)
class Kind:
    """`work` gives what the task's page shows, without personal data. `long`: minutes, so that
    it is done beside those that take seconds, not before them. `after`: what is tidied up once the
    task is told to be done; a process may die before it."""

    work: Work
    long: bool = False
    after: Callable[[Task], None] | None = None


KINDS: dict[str, Kind] = {
    follower_files.EXPORT: Kind(follower_files.run, long=True),
    importing.IMPORT: Kind(importing.run, long=True, after=importing.after),
    importing.LOOK: Kind(importing.look),
    syncing.SYNC: Kind(syncing.run, long=True),
    tag_changes.TAGS: Kind(tag_changes.run, long=True),
    "dryrun": Kind(dryrun.run),
    "report": Kind(report.run),
    rest.REST: Kind(rest.run, long=True),
    "sends": Kind(sends.run, long=True),
    "groups": Kind(groups.run, long=True),
    "overlap": Kind(overlap.run),
    "alike": Kind(alike.run, long=True),
    "member_list": Kind(member_list.run, long=True),
    "train": Kind(train.run, long=True),
    "replay": Kind(replay.run),
    collisions.COLLISIONS: Kind(collisions.run, long=True),
    teach.TEACH: Kind(teach.run, long=True),
    backup.BACKUP: Kind(backup.run, long=True),
    backup.CHECK: Kind(backup.check, long=True),
    privacy_audit.AUDIT: Kind(privacy_audit.run, long=True),
    quota_month.MONTH: Kind(quota_month.run),
    coupon_files.GIVEN: Kind(coupon_files.given, long=True),
    coupon_files.REDEEMED: Kind(coupon_files.used, long=True),
    coupon_files.CODES: Kind(coupon_files.codes, long=True),
    coupon_files.REDEEM: Kind(coupon_files.redeem, long=True),
    coupon_radar.RADAR: Kind(coupon_radar.run),
    content_table.CONTENTS: Kind(content_table.run, long=True),
    suggesting.SUGGEST: Kind(suggesting.run, long=True),
    picture.PICTURE: Kind(picture.run),
    figures.FIGURE: Kind(figures.run, long=True),
}
