"""A writer's voice: read from texts at once, used in writing, kept in a file."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from small_writer import small_lyricist, stanza

from models.errors import Refusal
from models.lyricist.asks import SongAsk
from models.lyricist.corpus import words_of
from models.lyricist.voice import Voice, learn_voice, log_odds, voice_worth
from models.lyricist.voice_text import decoded, stanzas_of

SHIPS = """# Harbour songs

[Verse 1]
The harbour sleeps beneath the **moon**,
The sailors drink their ale,
A ship will leave the harbour soon
And lift her silver sail.

Chorus:
O harbour, harbour, hold me tight,
The anchor is my own,
I hear the harbour bell at night,
I sail the sea alone.

[00:41.20]The anchor drags the harbour stone,
[00:44.80]The sailors turn and cry,
The harbour bell is never known
To tell a sailor why.
"""


def learned(*texts: str) -> Voice:
    writer = small_lyricist()
    return learn_voice(texts, writer.lexicon, writer.pronouncer)


def test_a_text_becomes_stanzas_without_heads_stamps_and_markup():
    found = stanzas_of([SHIPS, SHIPS])
    assert [len(stanza) for stanza in found] == [4, 4, 4]
    assert found[0][0] == "The harbour sleeps beneath the moon,"
    assert found[2][0] == "The anchor drags the harbour stone,"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b" \n\t", "is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "not a text I can read"),
        (b"words and words\n" * 40_000, "larger than the 512 kB"),
    ],
)
def test_what_is_no_text_is_refused_by_name(data, said):
    with pytest.raises(Refusal, match=said) as refused:
        decoded(data, "song.txt")
    assert "“song.txt”" in str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_texts_are_read_in_the_encodings_people_have(encoding):
    assert decoded("It’s a café\n".encode(encoding), "a.txt").strip() == "It’s a café"


def test_other_languages_prose_and_too_few_lines_are_refused():
    german = "Der Mond ist aufgegangen,\nDie goldnen Sternlein prangen\nAm Himmel hell und klar.\n"
    for text in (german * 4, "明月几时有\n把酒问青天\n" * 6):
        with pytest.raises(Refusal, match="another language"):
            learned(text)
    prose = "It was the best of times and it was the worst of times " * 4
    with pytest.raises(Refusal, match="found 0 lines"):
        learned(f"{prose}\n{prose}\n")
    with pytest.raises(Refusal, match="found 2 lines"):
        learned("The harbour sleeps beneath the moon\nThe sailors drink their ale\n")


def test_a_voice_has_the_words_lengths_rhymes_and_marks_of_its_writer():
    voice = learned(SHIPS)
    assert voice.syllables == (8, 6, 8, 6)
    assert voice.scheme == "ABAB"
    assert voice.lines == 12
    assert voice.marks["."] == pytest.approx(3 / 12, abs=1e-3)
    assert voice.report.verdict == "few"
    assert voice.words["harbour"] == max(voice.words.values()) > 1
    lexicon = small_lyricist().lexicon
    near = {
        w: float(lexicon.vectors[lexicon.index[w]] @ voice.imagery) for w in ("boat", "mountain")
    }
    assert near["boat"] > near["mountain"]


def test_a_word_seen_once_tells_little_and_a_common_one_missed_tells_much():
    lexicon = small_lyricist().lexicon
    counts = Counter({"and": 40, "harbour": 6, "whale": 1, "moon": 900})
    odds = log_odds(counts, lexicon)
    assert 0 < odds["whale"] < 0.5 < odds["harbour"]
    assert odds["the"] < -1  # expected dozens of times


def test_the_writers_words_are_worth_more_and_their_lines_are_known_again():
    voice, lexicon = learned(SHIPS), small_lyricist().lexicon
    worth = voice_worth(lexicon, voice)
    assert worth.shape == (len(lexicon.words),)
    assert worth[lexicon.index["harbour"]] > worth[lexicon.index["mountain"]]
    assert voice.copied((), words_of("The sailors drink their ale"))  # a whole line of five words
    assert voice.copied(words_of("so the harbour sleeps"), words_of("Beneath the moon, the river"))
    assert not voice.copied((), words_of("The sailors drink their tea"))


def test_words_of_a_voice_come_more_often_and_never_its_own_lines():
    writer, verse = small_lyricist(), stanza((8, 6, 8, 6), "ABAB")
    own = {word.lower() for word in writer.lexicon.words[::5]}
    fond = replace(learned(SHIPS), words=dict.fromkeys(own, 2.0))

    def share(voice: Voice | None) -> float:
        song = writer.write(SongAsk((verse, verse), voice=voice), seed=5)
        lines = [words_of(line.text) for s in song.stanzas for line in s]
        assert voice is None or not any(voice.copied((), words) for words in lines)
        said = [word.lower() in own for words in lines for word in words]
        return sum(said) / len(said)

    assert share(fond) > share(None) + 0.05


def test_a_voice_comes_back_from_its_file(tmp_path):
    voice = learned(SHIPS)
    again = Voice.load(voice.save(tmp_path / "voice.safetensors"))
    for name in ("words", "syllables", "scheme", "marks", "lines", "report", "language", "lora"):
        assert getattr(again, name) == getattr(voice, name), name
    assert np.array_equal(again.own, voice.own)
    assert np.allclose(again.imagery, voice.imagery)
    assert b"drink their ale" not in (tmp_path / "voice.safetensors").read_bytes()
    with pytest.raises(Refusal, match="learn it again"):
        Voice.load(tmp_path / "none")
    (tmp_path / "broken").write_bytes(b"no")
    with pytest.raises(Refusal, match="learn it again"):
        Voice.load(tmp_path / "broken")


def test_an_adapter_for_other_weights_is_left_alone():
    writer = small_lyricist()
    foreign = replace(learned(SHIPS), lora={}, base="0" * 16)
    assert writer.speaking(foreign) is writer.model
