"""Which offer for whom: a whole audience at once, with stock and budget.

match_offers (solve) is the way in. audience reads followers in chunks; prices finds what stock and
budget are worth, and the bound; placing makes the matching; exact finishes small ones; reasons says
why this and why not that.
"""

from bot.insight.matching.offers import NOTHING, Chunk, Offer, Reason, Source, Terms
from bot.insight.matching.solve import Matching, Why, match_offers

__all__ = [
    "NOTHING",
    "Chunk",
    "Matching",
    "Offer",
    "Reason",
    "Source",
    "Terms",
    "Why",
    "match_offers",
]
