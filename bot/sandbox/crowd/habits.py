"""What can be chosen about people who live (`people = "life"`): the config's `habits`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from bot.errors import SettingsError


@dataclass(frozen=True)
class Habits:
    """Means over all people; how they spread is drawn from the seed.

    present             share that follows before the start: the program under test hears nothing
                        of them, it finds them by `user/get` as with an account it takes over
    friends             share that comes only when somebody tells of the account (a QR scene)
    arrival_days        the others follow within so many days; 1/24: all in the first hour
    messages_a_month    a person's own messages; most write none, a few write a lot
    purchases_a_month   a person's purchases that no message caused
    leavers_a_month     share that unfollows for reasons of its own
    farmers             share of 羊毛党: several openids of one person, there for the coupons only
    note_offers         writes an `offer` record with the true chances for each offer received
    """

    present: float = 0.7
    friends: float = 0.02
    arrival_days: float = 30.0
    messages_a_month: float = 0.4
    purchases_a_month: float = 0.2
    leavers_a_month: float = 0.01
    farmers: float = 0.01
    note_offers: bool = True

    def __post_init__(self) -> None:
        """Raises SettingsError for what cannot be."""
        shares = ("present", "friends", "leavers_a_month", "farmers")
        if not all(0 <= getattr(self, name) <= 1 for name in shares):
            raise SettingsError(f"sandbox habits: {', '.join(shares)} are shares, 0 to 1")
        if self.present + self.friends > 1:
            raise SettingsError("sandbox habits: present and friends are more than all")
        if self.arrival_days <= 0 or self.messages_a_month < 0 or self.purchases_a_month < 0:
            raise SettingsError("sandbox habits: wants times above 0, and no negative number")

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Habits:
        """Raises SettingsError for a habit that is none."""
        known = {field.name: field.type for field in fields(cls)}
        for name, value in given.items():
            if name not in known:
                raise SettingsError(f"sandbox habits: there is no {name}")
            kind = bool if known[name] == "bool" else int | float
            if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
                raise SettingsError(f"sandbox habits: {name} wants a {known[name]}")
        return cls(**given)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
