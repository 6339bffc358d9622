"""In which language somebody writes, where the words show it. Pure.

Chinese followers type hello, ok, wifi, TD and pinyin: a single Latin word shows nothing, nor do
words of courtesy, nor words that are syllables of pinyin, too (you, can, he, women, long).
"""

from __future__ import annotations

import re
from functools import lru_cache

from bot.nlp.normalise import words

_LATIN = re.compile(r"[a-z]+(?:'[a-z]+)?")
_HAN = re.compile("[\u4e00-\u9fff]")
_LONGEST = 500  # characters that are looked at
_ENGLISH = words(
    """
    about address after all also am and any anyone anything are arrive as at available away be
    because been before best between big book booking both but buy by call cancel cannot card
    change cheap child children choose city close closed closing come could coupons daily date
    delivery did discount do does doing don't done each early eat english every everything
    expensive family far first food for free friday friends from full get getting give go going
    got had has have hear help here home hour hours how how's i'd i'll i'm i've if in into is
    isn't it it's its january july june just kids know last late later left like live located
    location look looking lost lunch made make many may maybe menu monday money month more most
    much must my near nearest need never next no nobody nothing of offer on one only open opening
    order other our out over park parking pay people person phone place possible price prices
    problem question really receive refund reply reservation reserve right room said same saturday
    say seats see sell send service shall shop should show size small somebody someone something
    speak special staff start still stop store street sunday table take talk tell than that that's
    the their them then there there's these they thing things think this those thursday ticket
    tickets time times to today toilet tomorrow tonight too tuesday two under until up us use used
    vegetarian very visit waiting want wanted was we we'd we're website wednesday week weekend
    were what what's when where where's whether which while who why will with without won't would
    write wrong year yesterday yet your
    """
)


@lru_cache(16)
def language_of(normalised: str) -> str:
    """zh or en; "" where the text does not show it. A few microseconds."""
    text = normalised[:_LONGEST]
    latin = _LATIN.findall(text)
    han = len(_HAN.findall(text))
    if len(latin) >= 2 and han <= len(latin) and not _ENGLISH.isdisjoint(latin):
        return "en"
    return "zh" if han >= 2 and han > len(latin) else ""
