"""What too many messages do: a level that grows with each, halves in days, and has an end."""

from __future__ import annotations

HALF_LIFE_HOURS = 6 * 24.0
ASKED_FOR = 0.05  # a reply tires hardly
ALWAYS, IRRELEVANT = 0.3, 0.9  # any other message: so much, and so much more if it misses
STEEPNESS, MOST = 0.35, 0.6

FINE, IGNORES, OPTED_OUT, LEFT, SILENT = range(5)  # how a person stands to the account
NAMES = ("fine", "ignores", "opts_out", "unfollows", "silent")
_ENDS = ((0.40, IGNORES), (0.60, OPTED_OUT), (0.85, LEFT), (1.00, SILENT))


def decayed(level: float, hours: float) -> float:
    return float(level * 0.5 ** (hours / HALF_LIFE_HOURS))


def weight(asked: bool, affinity: float) -> float:
    """What one more message adds; `affinity` is to its topic, 0..1."""
    return ASKED_FOR if asked else ALWAYS + IRRELEVANT * (1.0 - affinity)


def chance_of_the_end(level: float, patience: float) -> float:
    """That this message was the one too many; 0 up to the person's patience."""
    over = level / patience - 1.0
    return min(MOST, STEEPNESS * over) if over > 0 else 0.0


def which_end(chance: float) -> int:
    """`chance` uniform in 0..1."""
    return next(end for share, end in _ENDS if chance <= share)
