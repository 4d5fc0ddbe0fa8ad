"""The public brief file: what it accepts, what it normalises, what it refuses and how."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import vocabulary
from models.errors import Refusal
from models.planner.bounds import check_brief
from models.planner.brief import Brief
from models.planner.intake import FIELDS, brief_from_json

WORDS = vocabulary.load()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({}, Brief()),
        ({"style": None}, Brief()),
        ({"style": "Bossa Nova"}, Brief(style="bossa_nova")),
        ({"style": "圆舞曲"}, Brief(style="waltz")),
        ({"style": "walz"}, Brief(style="waltz")),
        ({"mood": "melancholik"}, Brief(moods=("melancholic",))),
        ({"mood": ["calm", "tense"]}, Brief(moods=("calm", "tense"))),
        (
            {"mood": "calm -> tense -> triumphant"},
            Brief(moods=("calm", "tense", "triumphant")),
        ),
        ({"mood": "平静→紧张"}, Brief(moods=("calm", "tense"))),
        ({"key": "Dm"}, Brief(key="D minor")),
        ({"key": "降B大调"}, Brief(key="Bb major")),
        ({"tempo": 96}, Brief(tempo=96.0)),
        ({"tempo": "120 bpm"}, Brief(tempo=120.0)),
        ({"tempo": "Allegro"}, Brief(tempo=132.0)),
        ({"tempo": "慢板"}, Brief(tempo=68.0)),
        ({"meter": "6/8"}, Brief(meter="6/8")),
        ({"meter": "三拍子"}, Brief(meter="3/4")),
        ({"bars": 16.0}, Brief(bars=16)),
        ({"seconds": "1:30"}, Brief(seconds=90.0)),
        ({"seconds": "2 minutes"}, Brief(seconds=120.0)),
        ({"seconds": "90"}, Brief(seconds=90.0)),
        ({"purpose": "game loop"}, Brief(purpose="game_loop")),
        ({"instruments": "piano, 40, 长笛"}, Brief(instruments=("piano", "violin", "flute"))),
        ({"instruments": [0, "drums"]}, Brief(instruments=("piano", "standard"))),
        ({"instruments": "string quartet"}, Brief(instruments=("violin", "viola", "cello"))),
        (
            {"style": "jazz", "instruments": ["guitar", "bass", "drums"]},
            Brief(style="swing", instruments=("jazz_guitar", "upright_bass", "jazz")),
        ),
        (
            {"style": "metal", "instruments": "guitar"},
            Brief(style="metal", instruments=("distorted_guitar",)),
        ),
        ({"without": "harp"}, Brief(without=("harp",))),
        ({"chords": "Dm7 G7 | C"}, Brief(chords=(("Dm7", "G7"), ("C",)))),
        ({"chords": "Am F C G"}, Brief(chords=(("Am",), ("F",), ("C",), ("G",)))),
        ({"chords": "Am-F-C-G"}, Brief(chords=(("Am",), ("F",), ("C",), ("G",)))),
        ({"chords": "C-7"}, Brief(chords=(("Cm7",),))),
        ({"chords": ["Dm7 G7", "C"]}, Brief(chords=(("Dm7", "G7"), ("C",)))),
        ({"chords": [["Dm7", "G7"], ["C"]]}, Brief(chords=(("Dm7", "G7"), ("C",)))),
        ({"chords": "C | % | G"}, Brief(chords=(("C",), ("C",), ("G",)))),
        (
            {"chords": "ii7 V7 Imaj7", "key": "Bb"},
            Brief(key="Bb major", chords=(("Cm7",), ("F7",), ("Bbmaj7",))),
        ),
        ({"form": "AABA"}, Brief(form=("A", "A", "B", "A"))),
        ({"form": "verse, refrain, verse"}, Brief(form=("verse", "chorus", "verse"))),
        ({"form": "主歌 副歌 桥段"}, Brief(form=("verse", "chorus", "bridge"))),
        ({"form": ["intro", "verse 1", "outro"]}, Brief(form=("intro", "verse", "outro"))),
        ({"form": "pre-chorus chorus"}, Brief(form=("pre-chorus", "chorus"))),
        ({"purpose": "jingle", "seconds": 15}, Brief(purpose="jingle", seconds=15.0)),
        ({"bars": 16, "seconds": 32, "tempo": 120}, Brief(bars=16, seconds=32.0, tempo=120.0)),
        ({"title": " Winter\n Sun "}, Brief(title="Winter Sun")),
        ({"seed": 2**32 - 1}, Brief(seed=2**32 - 1)),
    ],
    ids=lambda v: json.dumps(v, ensure_ascii=False)[:50] if isinstance(v, dict) else "",
)
def test_reads(raw: dict[str, Any], expected: Brief) -> None:
    assert brief_from_json(raw) == expected


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({"styl": "jazz"}, "I don't know the field “styl”"),
        ({"style": 3}, "“style” should be text"),
        ({"style": " "}, "“style” should be text"),
        ({"style": "polkaa metall"}, "I don't know the style “polkaa metall”; did you mean"),
        ({"style": "dixiland jaz"}, "did you mean “Dixieland”"),
        ({"mood": "sadd-ish blueness"}, "I don't know the mood"),
        ({"mood": [1]}, "“mood” should be"),
        ({"mood": []}, "“mood” should be"),
        ({"instruments": "kazoo"}, "I don't know the instrument “kazoo”; did you mean"),
        ({"instruments": [True]}, "“instruments” should be"),
        ({"instruments": {"a": 1}}, "“instruments” should be"),
        ({"instruments": [128]}, "128 is not a General MIDI instrument"),
        ({"instruments": [-1]}, "-1 is not a General MIDI instrument"),
        ({"instruments": list(range(9))}, "9 instruments are too many"),
        ({"instruments": "drums"}, "Drums alone make no tune"),
        ({"instruments": ["piano", "jazz kit", "808"]}, "A piece has one drum kit"),
        ({"instruments": "harp", "without": "harp"}, "“Harp” is both asked for and left out"),
        ({"purpose": "opera"}, "I don't know the purpose “opera”; the purposes are Song"),
        ({"valence": 1.5}, "Valence goes from -1"),
        ({"arousal": "high"}, "“arousal” should be a number"),
        ({"key": "H flat"}, "“H flat” is not a key I know"),
        ({"key": 5}, "“key” should be text"),
        ({"tempo": 29.9}, "29.9 bpm is no playable tempo; choose between 30 and 300"),
        ({"tempo": 10**400}, "“tempo” should be a finite number"),
        ({"tempo": -120}, "no playable tempo"),
        ({"tempo": "warp speed"}, "“warp speed” is not a tempo I know"),
        ({"tempo": True}, "“tempo” should be a number"),
        ({"tempo": math.nan}, "“tempo” should be a finite number"),
        ({"seconds": math.inf}, "“seconds” should be a finite number"),
        ({"seconds": 10800}, "A piece lasts between 3 and 600 seconds .ten minutes.; 10800"),
        ({"seconds": "3:00:00"}, "between 3 and 600 seconds"),
        ({"seconds": 2}, "between 3 and 600 seconds"),
        ({"seconds": "a while"}, "“a while” is not a length I know"),
        ({"bars": 0}, "A piece has between 1 and 400 bars; 0"),
        ({"bars": 401}, "between 1 and 400 bars"),
        ({"bars": 1.5}, "“bars” should be a whole number"),
        ({"bars": "many"}, "“bars” should be a number"),
        ({"bars": 400, "tempo": 30}, "the longest piece is 600"),
        ({"bars": 16, "seconds": 60, "tempo": 200}, "16 bars in 60 seconds would be 64 bpm"),
        ({"bars": 400, "seconds": 3}, "400 bars in 3 seconds would be"),
        ({"meter": "7/8"}, "I cannot write in 7/8 yet; choose 4/4, 3/4, 6/8, 2/4"),
        ({"meter": "fast"}, "I cannot write in fast yet"),
        ({"chords": "Am Q7"}, "“Q7” is not a chord I know"),
        ({"chords": ""}, "“chords” should be"),
        ({"chords": 7}, "“chords” should be"),
        ({"chords": [["C"], []]}, "“chords” should be"),
        ({"chords": "C D E F G |"}, "A bar holds one to 4 chords"),
        ({"key": "C major", "chords": "F# F# F# F#"}, "are not in C major"),
        ({"key": "A minor", "chords": "Ebm Abm Db"}, "are not in A minor"),
        ({"form": ""}, "The form is empty"),
        ({"form": []}, "The form is empty"),
        ({"form": "verse foo"}, "“foo” is not a section I know"),
        ({"form": 4}, "“form” should be"),
        ({"form": "AB" * 20}, "40 sections are too many"),
        ({"purpose": "jingle", "seconds": 20}, "A jingle lasts 5, 15, 30 seconds"),
        ({"grade": 6}, "Grades go from 1 to 5"),
        ({"title": "x" * 101}, "A title has at most 100 characters"),
        ({"seed": -1}, "A seed is a whole number from 0 to 4294967295"),
        ({"seed": 2**32}, "A seed is a whole number"),
        ({"seed": 1.5}, "“seed” should be a whole number"),
    ],
    ids=lambda v: repr(v)[:50] if isinstance(v, dict) else "",
)
def test_refuses_in_one_sentence(raw: dict[str, Any], says: str) -> None:
    with pytest.raises(Refusal, match=says) as refusal:
        brief_from_json(raw)
    assert refusal.value.template.format(**refusal.value.values) == str(refusal.value)
    assert len(str(refusal.value)) < 400


@pytest.mark.parametrize("raw", [None, [], "style", 3])
def test_only_an_object_is_a_brief(raw: Any) -> None:
    with pytest.raises(Refusal, match="A brief is a JSON object"):
        brief_from_json(raw)


@pytest.mark.parametrize(
    ("key", "chords"),
    [
        ("C major", "C7 F7 G7"),  # blues
        ("A minor", "Am E7 Am E7"),  # raised seventh
        ("C major", "C Ab Bb C"),  # borrowed from minor
        ("C major", "Fm Bb7 Cmaj7"),
        ("D dorian", "Dm7 G7"),
        ("E major", "Am B7 E"),
        ("C major", "Db7 C"),  # tritone substitution
    ],
)
def test_borrowed_chords_are_no_contradiction(key: str, chords: str) -> None:
    assert brief_from_json({"key": key, "chords": chords}).key == key


def test_refusing_a_group_refuses_every_member() -> None:
    without = brief_from_json({"without": "drums, guitar"}).without
    assert {kit.id for kit in WORDS.kits} <= set(without)
    assert {i.id for i in WORDS.instruments if i.family == "guitar"} <= set(without)
    assert "electric_piano" in brief_from_json({"without": ["piano"]}).without


def test_bounds_hold_for_briefs_that_never_were_json() -> None:
    for brief in (
        Brief(tempo=math.nan),
        Brief(seconds=1e9),
        Brief(style="nonesuch"),
        Brief(moods=("nonesuch",)),
        Brief(instruments=("nonesuch",)),
        Brief(purpose="nonesuch"),
        Brief(chords=(("Q",),)),
        Brief(form=("foo",)),
        Brief(key="Q"),
    ):
        with pytest.raises(Refusal):
            check_brief(brief)
    check_brief(Brief())


def _briefs() -> st.SearchStrategy[Brief]:
    def some(values: list[str], most: int) -> st.SearchStrategy[tuple[str, ...]]:
        return st.lists(st.sampled_from(values), max_size=most, unique=True).map(tuple)

    players = [i.id for i in WORDS.instruments]
    bars = st.lists(
        st.sampled_from(["C", "Am7", "F/A", "G7sus4", "Bbmaj7"]), min_size=1, max_size=4
    )
    return st.builds(
        Brief,
        style=st.none() | st.sampled_from([s.id for s in WORDS.styles]),
        moods=some([m.id for m in WORDS.moods], 4),
        valence=st.none() | st.floats(-1, 1),
        key=st.sampled_from([None, "D minor", "Bb major"]),
        tempo=st.none() | st.floats(30, 300),
        meter=st.sampled_from([None, "4/4", "3/4", "6/8", "2/4"]),
        seconds=st.none() | st.floats(3, 600),
        purpose=st.sampled_from([None, "song", "film_cue", "game_loop", "lesson"]),
        instruments=some(players[:60], 8),
        without=some([i.id for i in WORDS.instruments if i.family == "ethnic"], 4),
        chords=st.lists(bars.map(tuple), max_size=6).map(tuple),
        form=st.sampled_from([(), ("A", "A", "B", "A"), ("intro", "pre-chorus", "outro")]),
        title=st.sampled_from([None, "Winter Sun"]),
        seed=st.none() | st.integers(0, 2**32 - 1),
    )


@given(_briefs())
def test_a_brief_comes_back_from_its_public_form(brief: Brief) -> None:
    assert brief_from_json(json.loads(json.dumps(brief.to_json()))) == brief


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=2)
    ),
    max_leaves=5,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(FIELDS), _JUNK, max_size=4))
def test_junk_is_refused_or_read_but_never_breaks(raw: dict[str, Any]) -> None:
    try:
        brief = brief_from_json(raw)
    except Refusal:
        return
    check_brief(brief)
