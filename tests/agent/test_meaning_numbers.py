"""Tempo, pitch and length in the words of slots, and how many of them get a value."""

from collections import Counter

import pytest

from bot.agent.meaning import answers, manner, named, pitch, spans, speed
from models.listener.grammar import by_hand, generate


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("96 bpm", 96), ("one-twenty", 120), ("one oh five", 105), ("one seventy four bpm", 174),
        ("eighyt five bpm", 85), ("allegro", 132), ("lrnto", 54), ("a hundred and ten", 110),
        ("around 125 bpm", 125), ("90 and 95", 92.5), ("每分钟九十拍", 90), ("一百二", 120),
        ("速度76", 76), ("快板", 132), ("a nice one", None), ("5", None), ("9000", None),
    ],
)  # fmt: skip
def test_tempo(words, value):
    assert speed.tempo(words) == value


@pytest.mark.parametrize(
    ("words", "how", "args"),
    [
        ("faster", "", {"pace": 1.16}), ("faster", "a bit", {"pace": 1.08}),
        ("slower", "much", {"pace": 0.741}), ("twice as fast", "", {"pace": 2.0}),
        ("half time", "", {"pace": 0.5}), ("half as fast", "", {"pace": 0.5}),
        ("10 bpm slower", "", {"faster": -10}), ("fifteen bpm faster", "", {"faster": 15}),
        ("18 bpm up", "", {"faster": 18}), ("28 percent slower", "", {"pace": 0.72}),
        ("a third slower", "", {"pace": 0.667}), ("快一点", "", {"pace": 1.16}),
        ("快一倍", "", {"pace": 2.0}), ("慢一半", "", {"pace": 0.5}),
        ("慢19bpm", "", {"faster": -19}), ("快22拍", "", {"faster": 22}),
        ("两倍速", "", {"pace": 2.0}), ("稍慢", "", {"pace": 0.926}),
    ],
)  # fmt: skip
def test_pace(words, how, args):
    assert speed.pace(words, how).args == args


def test_what_is_too_fast_is_to_be_slower():
    assert speed.pace("fast", negated=True).args == {"pace": 0.862}
    assert speed.pace("太慢", negated=True).args == {"pace": 1.16}
    assert speed.pace("purple") is None


@pytest.mark.parametrize(
    ("words", "semitones"),
    [
        ("up a minor third", 3), ("down a fourth", -5), ("an octave lower", -12),
        ("two octaves up", 24), ("3 half steps down", -3), ("5 half stesp down", -5),
        ("up a whole step", 2), ("2 semitones up", 2), ("down a tone", -2),
        ("up a perfect fifth", 7),
        ("higher", 2), ("低八度", -12), ("升小三度", 3), ("降一个全音", -2), ("升兩個半音", 2),
        ("调高三个key", 3), ("移高纯五度", 7), ("低五度", -7), ("blue", None),
    ],
)  # fmt: skip
def test_transpose(words, semitones):
    assert pitch.transpose(words) == semitones


def test_the_direction_may_stand_before_the_words():
    assert pitch.transpose("半音", "", "副歌升半音") == 1
    assert pitch.transpose("a third", "", "bring it down a third") == -4


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("e flat major", "Eb major"), ("F sharpm", "F# minor"), ("am", "A minor"), ("in D", "D"),
        ("a minor key", "minor"), ("a minor", "A minor"), ("A mjor", "A major"),
        ("dorian", "dorian"),
        ("g# lydian", "Ab lydian"), ("F harmonic minor", "F minor"), ("降B小調", "Bb minor"),
        ("升C多利亚调式", "C# dorian"), ("C调", "C"), ("大调", "major"), ("羽调式", "minor"),
        ("a pentatonic svale", "major"), ("H minor", None), ("something", None),
    ],
)  # fmt: skip
def test_key(words, key):
    assert pitch.key(words) == key


@pytest.mark.parametrize(
    ("words", "around", "text"),
    [
        ("two minutes", "", "120 seconds"), ("1:30", "", "90 seconds"), ("16 bars", "", "16 bars"),
        ("8 bars", "extend it by 8 bars", "+8 bars"),
        ("3 min", "stretch it to 3 min", "180 seconds"),
        ("30 more seconds", "", "+30 seconds"), ("twice as long", "", "x2"),
        ("50 SCONDS", "", "50 seconds"), ("一分半", "", "90 seconds"),
        ("八小节", "往后续八小节", "+8 bars"), ("两分钟", "加长到两分钟", "120 seconds"),
        ("16个八拍", "", "32 bars"),
    ],
)  # fmt: skip
def test_length(words, around, text):
    found = spans.length(words, around)
    assert found.text == text
    assert spans.length(found.text) == found


@pytest.mark.parametrize(
    ("words", "meter"),
    [
        ("in six", "6/8"), ("waltz time", "3/4"), ("six eight", "6/8"), ("five", "5/4"),
        ("cut time", "2/4"), ("12/8", "12/8"), ("六八拍", "6/8"), ("八六拍", "6/8"),
        ("四三拍", "3/4"), ("三拍子", "3/4"), ("十二八拍", "12/8"), ("两拍子", "2/4"),
        ("in thtee", "3/4"),
    ],
)  # fmt: skip
def test_meter(words, meter):
    assert spans.meter(words) == meter


@pytest.mark.parametrize(
    ("words", "bars"),
    [
        ("bars 5 to 8", "5-8"), ("mm. 3-11", "3-11"), ("bar twelve", "12"),
        ("the first two measures", "1-2"), ("the last 8 bars", "the last 8 bars"),
        ("第五到第八小节", "5-8"), ("前四小節", "1-4"), ("最后两小节", "the last 2 bars"),
        ("maesures 4-10", "4-10"),
    ],
)  # fmt: skip
def test_bars(words, bars):
    assert spans.bars(words) == bars


@pytest.mark.parametrize(
    ("words", "takes"),
    [
        ("four versions", 4), ("a couple of versions", 2), ("another one", 1), ("two more", 2),
        ("a few variations", 3), ("三首不一样的", 3), ("几个版本", 3), ("另一个", 1), ("5种", 5),
    ],
)  # fmt: skip
def test_takes(words, takes):
    assert spans.takes(words) == takes


READERS = {
    "pace": lambda w, _: speed.pace(w),
    "tempo": lambda w, _: speed.tempo(w) or speed.pace_word(w),
    "transpose": lambda w, text: pitch.transpose(w) or pitch.transpose(w, "", text),
    "key": lambda w, _: pitch.key(w),
    "meter": lambda w, _: spans.meter(w),
    "length": spans.length,
    "takes": lambda w, _: spans.takes(w),
    "bars": lambda w, _: spans.bars(w),
    "rating": lambda w, _: answers.stars(w),
    "scheme": lambda w, _: answers.scheme(w),
    "item": lambda w, _: answers.files(w) or answers.suggested(w),
    "change": lambda w, _: manner.change(w).args,
    "style": lambda w, _: named.style(w).ids,
    "style_not": lambda w, _: named.style(w).ids,
    "mood": lambda w, _: named.moods(w).ids,
    "instrument": lambda w, _: named.players(w).ids,
    "without": lambda w, _: named.players(w).ids,
}
#: More requests are written by hand every day, in words that nobody foresaw.
GENERATED, BY_HAND = 0.97, 0.85


@pytest.mark.parametrize(
    ("messages", "least"), [(list(generate(7, 5000)), GENERATED), (by_hand(), BY_HAND)]
)
def test_how_many_words_of_each_slot_get_a_value(messages, least):
    said, missed = Counter(), {name: [] for name in READERS}
    for message in messages:
        for slot, words in (pair for frame in message.frames for pair in frame.slots):
            if slot in READERS:
                said[slot] += 1
                if not READERS[slot](words, message.text):
                    missed[slot].append(words)
    for slot, without in missed.items():
        assert len(without) <= (1 - least) * said[slot], (slot, said[slot], without)
