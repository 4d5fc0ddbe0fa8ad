"""Chinese says everything that English says, with the same placeholders."""

from __future__ import annotations

import re
from string import Formatter

import pytest
from message_ids import message_ids

from bot import i18n
from bot.recipe import key_name, recipe
from bot.wording import ordinal, quoted, refusal
from models import vocabulary
from models.theory import MODES


def fields(template):
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def test_every_sentence_of_the_code_is_translated():
    chinese = i18n.chinese()
    found = message_ids()
    assert len(found) > 150  # the search itself works
    missing = {text: where for text, where in found.items() if (None, text) not in chinese}
    assert missing == {}


def test_translations_keep_the_placeholders():
    for (_, english), chinese in i18n.chinese().items():
        assert fields(english) == fields(chinese), english


def test_translations_are_chinese_and_used():
    said = set(message_ids()) | set(MODES)
    same = {"English", "中文"}
    for (context, english), chinese in i18n.chinese().items():
        assert english in same or re.search("[\u4e00-\u9fff、：]", chinese), english
        assert context == "name" or english in said, f"nobody says {english!r}"


def test_names_of_commands_are_what_discord_takes():
    for (context, english), chinese in i18n.chinese().items():
        if context == "name":
            assert re.fullmatch(r"[-_\w]{1,32}", chinese), english


def test_languages():
    assert i18n.language("zh-CN") == i18n.language("zh-TW") == "zh"
    assert i18n.language("fr") == i18n.language("en-GB") == "en"
    assert i18n.language("fr", "zh") == "zh"
    assert i18n.language("zh-CN", "en") == "en"


def test_unknown_sentences_stay_english():
    assert i18n.translate("No such sentence {x}.", "zh", x=1) == "No such sentence 1."


@pytest.mark.parametrize(
    ("key", "chinese"),
    [("D minor", "D小调"), ("F# major", "F♯大调"), ("Bb dorian", "B♭多利亚调式")],
)
def test_keys_in_chinese(key, chinese):
    assert key_name(key, "zh") == chinese
    assert key_name(key, "en") == key


def test_refusals_name_the_vocabulary_in_the_language():
    values = {"name": "polkaa", "nearest": "“Bossa nova”"}
    template = "I don't know the style “{name}”; did you mean {nearest}?"
    assert "“波萨诺瓦”" in refusal(template, values, "zh")
    assert "“Bossa nova”" in refusal(template, values, "en")
    assert "“polkaa”" in refusal(template, values, "zh")


def test_the_recipe_of_every_style_and_instrument_has_names_in_both_languages():
    words = vocabulary.load()
    for style in words.styles:
        facts = {"style": style.id, "moods": ["calm"], "key": "C major", "tempo": 96.0}
        assert recipe(facts, "en").startswith(style.names["en"])
        assert recipe(facts, "zh").startswith(style.names["zh"])


def test_ordinals():
    english = [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 22, 101, 111)]
    assert english == ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "101st",
                       "111th"]  # fmt: skip
    assert ordinal(3, "zh") == "3"


def test_a_persons_words_cannot_write_markup():
    assert quoted("**bold** <@1> `x`\n# h") == r"\*\*bold\*\* \<\@1\> \`x\` \# h"
    assert len(quoted("a" * 500, 40)) == 40
