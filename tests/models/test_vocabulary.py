"""The vocabulary as data: complete, consistent, sane in its music, findable in both languages."""

from collections import Counter

import pytest

from models import vocabulary
from models.planner.bounds import METERS
from models.planner.names import SECTIONS
from models.theory import MODES
from models.vocabulary import Catalogue, normalise

WORDS = vocabulary.load()
CATALOGUES = [
    WORDS.styles, WORDS.moods, WORDS.instruments, WORDS.kits, WORDS.groups, WORDS.purposes,
]  # fmt: skip
FAMILIES = {
    "pop", "rock", "electronic", "hiphop", "rnb", "jazz", "blues", "latin", "folk", "classical",
    "cinematic", "world",
}  # fmt: skip
# The names that the planner, the progression statistics and the plain accompaniment know.
COMPS = {
    "block",
    "pulse",
    "offbeat",
    "strum",
    "arpeggio",
    "alberti",
    "waltz",
    "stabs",
    "charleston",
    "montuno",
    "bossa",
    "tresillo",
    "sustain",
    "power",
    "march",
    "gallop",
}
BASSLINES = {
    "root",
    "root_fifth",
    "octaves",
    "walking",
    "pedal",
    "eighths",
    "bossa",
    "tumbao",
    "disco",
    "waltz",
    "reggae",
    "tango",
    "arpeggio",
}
BEATS = {
    "none",
    "rock",
    "ballad",
    "half_time",
    "four_floor",
    "disco",
    "funk",
    "boom_bap",
    "trap",
    "dnb",
    "breakbeat",
    "shuffle",
    "swing",
    "brushes",
    "bossa",
    "samba",
    "songo",
    "reggaeton",
    "reggae",
    "ska",
    "train",
    "march",
    "waltz",
    "jig",
    "tango",
    "afrobeat",
    "metal",
    "punk",
    "epic",
    "electro",
}
HARMONIES = set(
    [
        "pop",
        "rock",
        "electronic",
        "jazz",
        "blues",
        "latin",
        "folk",
        "classical",
        "cinematic",
        "modal",
    ]
)


def test_there_is_as_much_as_was_promised() -> None:
    assert len(WORDS.styles) >= 60
    assert {style.family for style in WORDS.styles} == FAMILIES
    assert len(WORDS.moods) >= 40
    assert {i.program for i in WORDS.instruments} == set(range(128))
    assert len(WORDS.instruments) == 128
    assert {k.program for k in WORDS.kits} == {0, 8, 16, 24, 25, 32, 40, 48}
    assert {p.id for p in WORDS.purposes} == {"song", "film_cue", "game_loop", "jingle", "lesson"}


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda c: c.kind)
def test_every_entry_is_named_in_english_and_chinese(catalogue: Catalogue) -> None:
    for entry in catalogue:
        assert entry.names["en"].isascii(), entry.id
        assert any("\u4e00" <= c <= "\u9fff" for c in entry.names["zh"]), entry.id
        assert entry.id == entry.id.lower() and " " not in entry.id


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda c: c.kind)
def test_every_spelling_finds_its_entry_and_only_it(catalogue: Catalogue) -> None:
    for entry in catalogue:
        others = getattr(entry, "stands_in", ())
        for spelling in (entry.id, *entry.names.values(), *entry.aliases, *others):
            assert catalogue.find(spelling) is entry, spelling
            assert catalogue.find(f"  {spelling.upper()} ") is entry, spelling
        written = Counter(normalise(s) for s in (*entry.aliases, *others))
        assert max(written.values(), default=1) == 1, f"{entry.id} says something twice"


def test_display_names_are_distinct() -> None:
    for catalogue in CATALOGUES:
        for locale in ("en", "zh"):
            names = Counter(entry.name(locale) for entry in catalogue)
            assert max(names.values()) == 1, names.most_common(1)


def test_styles_name_patterns_and_players_that_exist() -> None:
    for style in WORDS.styles:
        assert style.comp in COMPS and style.bassline in BASSLINES and style.beat in BEATS
        assert style.harmony in HARMONIES, style.id
        assert style.meters and set(style.meters) <= set(METERS), style.id
        assert set(style.modes) <= set(MODES) - {"major", "minor"}, style.id
        assert not style.kit or style.kit in WORDS.kits, style.id
        assert style.melody and style.chords and style.bass, style.id
        for role in ("melody", "chords", "pad", "bass"):
            for player in getattr(style, role):
                assert role in WORDS.instruments[player].roles, (style.id, role, player)


def test_styles_have_sane_numbers() -> None:
    for style in WORDS.styles:
        slowest, typical, fastest = style.tempo
        assert 40 <= slowest < typical < fastest <= 260, style.id
        assert fastest / slowest <= 2.2, f"{style.id} is two styles"
        assert 0 <= style.minor <= 1 and 0 <= style.density <= 1 and 0 <= style.looseness <= 1
        assert 0.5 <= style.swing <= 0.67, style.id
        if style.family == "electronic":
            assert style.looseness <= 0.4, style.id


def test_the_music_is_right_where_musicians_agree() -> None:
    styles = WORDS.styles
    assert styles["waltz"].meters == ("3/4",)
    assert styles["celtic_jig"].meters[0] == "6/8"
    assert styles["polka"].meters[0] == "2/4"
    assert styles["drum_and_bass"].tempo[0] >= 160
    assert styles["house"].tempo[0] >= 115 and styles["house"].tempo[2] <= 132
    assert styles["swing"].swing > 0.6 > styles["techno"].swing
    assert styles["metal"].minor > 0.8 > 0.3 > styles["country"].minor
    assert styles["trap"].kit == "tr808" and styles["bossa_nova"].kit == "brush"
    assert styles["bossa_nova"].bassline == "bossa" and styles["salsa"].comp == "montuno"
    assert "phrygian" in styles["flamenco"].modes


def test_moods_lie_on_the_circumplex() -> None:
    moods = WORDS.moods
    for mood in moods:
        assert -1 <= mood.valence <= 1 and -1 <= mood.arousal <= 1, mood.id
    quadrants = {(m.valence > 0, m.arousal > 0) for m in moods}
    assert len(quadrants) == 4
    assert moods["happy"].valence > 0.5 > -0.5 > moods["sad"].valence
    assert moods["angry"].arousal > 0.5 > -0.5 > moods["calm"].arousal
    assert moods["joyful"].arousal > moods["happy"].arousal > moods["peaceful"].arousal


def test_instruments_have_playable_ranges_and_known_roles() -> None:
    for instrument in WORDS.instruments:
        assert 21 <= instrument.low < instrument.high <= 108, instrument.id
        assert instrument.high - instrument.low >= 12, instrument.id
        assert instrument.roles, instrument.id
        assert set(instrument.roles) <= {"melody", "counter", "chords", "pad", "bass", "other"}
        if "bass" in instrument.roles:
            assert instrument.low <= 43, instrument.id
        if "chords" in instrument.roles and instrument.family != "synth lead":
            assert instrument.polyphonic, instrument.id
    instruments = WORDS.instruments
    assert instruments["violin"].low == 55  # its open G string
    assert instruments["flute"].low == 60
    assert instruments["contrabass"].high <= 59  # silent above that in FluidR3


def test_groups_hold_known_members_and_all_kits_are_drums() -> None:
    for group in WORDS.groups:
        assert len(group.members) >= 2
        for member in group.members:
            assert member in WORDS.instruments or member in WORDS.kits, (group.id, member)
    assert set(WORDS.groups["drums"].members) == {kit.id for kit in WORDS.kits}
    assert WORDS.groups["orchestra"].together and not WORDS.groups["guitar"].together


def test_purposes() -> None:
    purposes = WORDS.purposes
    assert purposes["jingle"].lengths == (5.0, 15.0, 30.0)
    assert purposes["song"].seconds == 60 and purposes["film_cue"].seconds == 45
    assert purposes["game_loop"].loop and 30 <= purposes["game_loop"].seconds <= 40
    assert not any(p.loop for p in purposes if p.id != "game_loop")
    for purpose in purposes:
        assert purpose.form and set(purpose.form) <= set(SECTIONS)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("styles", "Hip-Hop", "boom_bap"),
        ("styles", "Ｒ＆Ｂ", "rnb"),
        ("styles", "爵士樂", "swing"),
        ("styles", "古風", "guofeng"),
        ("instruments", "sax", None),
        ("groups", "sax", "saxophone"),
        ("groups", "🎸", "guitar"),
        ("instruments", "鋼琴", "piano"),
        ("instruments", "二胡", "fiddle"),
        ("moods", "憂鬱", "melancholic"),
        ("moods", "☺️", "happy"),
        ("kits", "808", "tr808"),
        ("purposes", "游戏音乐", "game_loop"),
        ("styles", "nonesuch", None),
    ],
)
def test_people_spell_in_many_ways(kind: str, text: str, expected: str | None) -> None:
    found = getattr(WORDS, kind).find(text)
    assert (found.id if found else None) == expected
