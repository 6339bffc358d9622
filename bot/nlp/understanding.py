"""What one text is about and what it asks for. Pure, some ten microseconds; no model is loaded."""

from __future__ import annotations

from bot.nlp import lexicon
from bot.nlp.dislike import liked
from bot.nlp.normalise import normalise
from bot.nlp.words import command
from bot.values.audience import Understanding


def understand(text: str) -> Understanding:
    """The topics of `text` with their weights, and the command word that it is as a whole.

    Never raises for any text; a command is about the house and has no topics, and what somebody
    dislikes is no topic of theirs.
    """
    plain = normalise(text)
    word = command(plain)
    if word:
        return Understanding(text, {}, word)
    look = lexicon.default().topics
    return Understanding(text, liked(plain, look(plain), look), "")
