import string
from pathlib import Path

import pytest

import bot.i18n
from bot.i18n import FALLBACK, catalogue, t
from bot.nlp.lexicon import topic_names

LANGUAGES = sorted(path.stem for path in Path(bot.i18n.__file__).parent.glob("locale/*.json"))
OTHERS = [language for language in LANGUAGES if language != FALLBACK]


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_there_are_chinese_and_english():
    assert {"zh", "en"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_the_same_keys(language):
    assert set(catalogue(language)) == set(catalogue(FALLBACK))


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_has_the_same_places_to_fill(language):
    here, there = catalogue(FALLBACK), catalogue(language)
    differing = [k for k in here if placeholders(here[k]) != placeholders(there.get(k, ""))]
    assert differing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty_or_too_long_for_a_reply(language):
    for key, text in catalogue(language).items():
        assert 0 < len(text.strip().encode()) <= 1600 or key == "list.separator", key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_topic_of_the_lexicon_has_a_name(language):
    assert [n for n in topic_names() if f"topic.{n}" not in catalogue(language)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_invites_recommendations_says_how_to_refuse_them(language):
    for key in ("welcome.new", "welcome.back", "opt_in.done", "help"):
        assert "TD" in t(key, language, **dict.fromkeys(placeholders(catalogue(language)[key]), ""))


def test_an_unknown_language_reads_chinese():
    assert t("hello", "xx") == t("hello", "zh")


def test_an_unknown_key_is_an_error():
    with pytest.raises(KeyError):
        t("no.such.key")
