"""What is known of one arm of an experiment: counts of people, or moments of an amount."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Arm:
    """So many people, so many of them successes (clicked, bought): each person counts once.

    Raises InvalidInput for more successes than people.
    """

    name: str
    people: int
    successes: int

    def __post_init__(self) -> None:
        if not 0 <= self.successes <= self.people:
            raise InvalidInput(
                f"{self.name}: {self.successes} of {self.people} people cannot be", "successes"
            )

    @property
    def rate(self) -> float:
        """0 where there is nobody."""
        return self.successes / self.people if self.people else 0.0


@dataclass(frozen=True, slots=True)
class Amounts:
    """An amount of each person of an arm, such as what he spent in fen; 0 for who spent nothing.

    total    the sum over people
    squares  the sum of squares
    """

    name: str
    people: int
    total: float
    squares: float

    def __post_init__(self) -> None:
        least = self.total * self.total / self.people if self.people > 0 else 0.0
        if self.people < 0 or self.squares < least * (1 - 1e-9):
            raise InvalidInput(f"{self.name}: no amounts have this sum of squares", "squares")

    @classmethod
    def of(cls, name: str, values: Iterable[float]) -> Amounts:
        seen = list(values)
        return cls(name, len(seen), sum(seen), sum(value * value for value in seen))

    @property
    def mean(self) -> float:
        """0 where there is nobody."""
        return self.total / self.people if self.people else 0.0

    @property
    def variance(self) -> float:
        """Of the people, with n - 1; 0 where it is not known."""
        if self.people < 2:
            return 0.0
        spread = self.squares - self.total * self.total / self.people
        return max(0.0, spread) / (self.people - 1)
