"""What is said of a piece is what its score holds."""

import json
import re
from dataclasses import replace

import pytest
from tool_world import FIGURE

from bot.agent import explain_score as counted
from bot.agent.explain import LONGEST, explain, topic_of
from bot.agent.explain_style import BASS_CHOICES, BEAT_CHOICES, COMP_CHOICES, HARMONY_CHOICES
from bot.piece import PieceFile
from models import midi, vocabulary
from models.errors import Refusal
from models.score import Meter, Note, PlacedChord, Score, Section, Tempo, Track
from models.theory import Chord, Key

TOPICS = ("changes", "words", "why", "chords", "form", "key", "tempo", "players", "melody")


def chords(text, beats=4.0):
    return tuple(
        PlacedChord(n * beats, beats, Chord.parse(symbol)) for n, symbol in enumerate(text.split())
    )


# --- what is counted ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("symbols", "key", "expected"),
    [
        ("C Am Dm G7 C", "C major", "I vi ii V7 I"),
        ("C A7 Dm G7 C", "C major", "I V7/ii ii V7 I"),
        ("Cmaj7 D7 G7 Cmaj7", "C major", "Imaj7 V7/V V7 Imaj7"),
        ("Am Dm E7 Am", "A minor", "i iv V7 i"),
        ("C Fm C Ab C", "C major", "I iv I bVI I"),
        ("Dm7b5 G7 Cm", "C minor", "iiø7 V7 i"),
        ("C C7 F", "C major", "I I7 IV"),
    ],
)
def test_chords_have_their_degrees(symbols, key, expected):
    # C7 before F is a dominant of IV only where its third is foreign, as theorists disagree on it.
    placed = [c.chord for c in chords(symbols)]
    assert counted.degrees(placed, Key.parse(key)) == expected.split()


def test_chords_are_told_by_section_and_not_twice():
    sections = (Section("verse", "A", 0, 4), Section("chorus", "B", 4, 8), Section("v", "A", 12, 4))
    placed = chords("Am F C G Am G Am G Am G Am G Am F C G")
    a, b, again = counted.stretches(placed, sections, 4.0, Key.parse("A minor"))
    assert (a.symbols(), a.numerals(), a.times) == ("Am | F | C | G", "i | VI | III | VII", 1)
    assert (b.symbols(), b.times, b.like) == ("Am | G", 4, None)
    assert again.like == 0


def test_a_chord_that_stays_is_marked_and_one_that_goes_on_is_named():
    placed = (PlacedChord(0.0, 12.0, Chord.parse("C")), PlacedChord(12.0, 4.0, Chord.parse("G")))
    sections = (Section("a", "A", 0, 2), Section("b", "B", 2, 2))
    first, second = counted.stretches(placed, sections, 4.0, Key("C"))
    assert (first.symbols(), second.symbols()) == ("C | %", "C | G")


def test_what_is_foreign_to_the_key_is_found():
    key = Key.parse("A minor")
    found = counted.harmony_of(chords("Am Dm7 E7 Bb Am"), key)
    assert found.outside == ("Bb",)  # the leading tone of E7 belongs to minor
    assert found.ending == ("bII", "i")
    assert found.sevenths == pytest.approx(0.4)
    assert counted.harmony_of((), key) is None


def test_a_hook_is_what_returns_most_at_whatever_pitch():
    figure = ((0, 0.0), (4, 1.0), (7, 1.5), (5, 2.0), (4, 3.0))
    notes = []
    for bar, base in ((0, 60), (2, 62), (4, 60), (6, 67)):
        notes += [Note(bar * 4.0 + at, base + step, 0.5) for step, at in figure]
        notes.append(Note(bar * 4.0 + 5.0, base - bar - 1, 2.0))
    hook = counted.hook_of(notes, 4.0)
    assert [n.pitch for n in hook.notes][:5] == [60, 64, 67, 65, 64]
    assert hook.bars == (1, 3, 5, 7)
    assert hook.moved == 2


def test_where_nothing_returns_there_is_no_hook():
    notes = [Note(float(n * n), 60 + n * n % 13, 1.0) for n in range(8)]
    assert counted.hook_of(notes, 4.0) is None
    assert counted.hook_of([], 4.0) is None


def test_the_key_that_notes_speak_for_may_be_another():
    scale = [Note(float(n), 57 + step, 1.0) for n, step in enumerate((0, 2, 3, 5, 7, 8, 10, 12, 0))]
    score = Score("x", Key("A", "minor"), Meter(), (Tempo(0, 100),), 3,
                  (Track("Flute", "melody", 73, tuple(scale)),))  # fmt: skip
    found = counted.key_of(score)
    assert found.agrees
    assert found.inside == 1.0
    other = counted.key_of(replace(score, key=Key("F#")))
    assert not other.agrees
    assert str(other.key) == "A minor"
    assert counted.key_of(replace(score, tracks=())) is None


@pytest.mark.parametrize(
    ("pitch", "key", "name"),
    [
        (60, "C major", "C4"),
        (59, "Gb major", "Cb4"),
        (60, "C# major", "B#3"),
        (70, "F major", "Bb4"),
    ],
)
def test_notes_are_spelled_as_the_key_writes_them(pitch, key, name):
    assert counted.note_name(pitch, Key.parse(key)) == name


def test_every_pattern_of_the_vocabulary_has_a_name():
    for style in vocabulary.load().styles:
        assert style.comp in COMP_CHOICES
        assert style.bassline in BASS_CHOICES
        assert style.beat in (*BEAT_CHOICES, "none")
        assert style.harmony in HARMONY_CHOICES


# --- what is said ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("about", "topic"),
    [
        ("", None), ("chords", "chords"), ("和弦", "chords"), ("the chord progression", "chords"),
        ("form", "form"), ("曲式", "form"), ("what key is it in", "key"), ("什么调", "key"),
        ("why does it sound so sad", "why"), ("为什么听起来这样", "why"),
        ("what did you change", "changes"), ("改了什么", "changes"), ("tempo", "tempo"),
        ("who plays", "players"), ("乐器", "players"), ("the hook", "melody"), ("lyrics", "words"),
        ("zibbledorf", None),
    ],
)  # fmt: skip
def test_what_is_asked_about(about, topic):
    assert topic_of(about) == topic


async def explained(tools, piece, about="", locale="en", parent=None):
    home = tools.settings.pieces_dir
    return explain(home / piece.folder, about, locale, home / parent.folder if parent else None)


async def test_numbers_are_those_of_the_score(tools):
    piece = await tools.lay(tempo=96, title="Rain *star*")
    score = midi.read(tools.settings.pieces_dir / piece.folder / "piece.mid")
    text = await explained(tools, piece)
    assert text.startswith("**Rain \\*star\\***\n")
    assert "Key: D minor" in text
    assert (
        f"♩ = 96 in 3/4; 24 bars, {int(score.seconds) // 60}:{round(score.seconds) % 60:02d}"
        in text
    )
    melody = score.track("melody")
    low, high = min(n.pitch for n in melody.notes), max(n.pitch for n in melody.notes)
    assert f"({high - low} semitones)" in text
    names = [counted.note_name(p, Key.parse("D minor")) for p in (low, high)]
    assert f"Melody: {names[0]} to {names[1]}" in text
    for track in score.tracks:
        per_bar = len(track.notes) / len({int(n.onset // 3) for n in track.notes})
        shown = f"{per_bar:.1f}".removesuffix(".0")
        assert re.search(rf"- {track.name} .*notes per bar: {re.escape(shown)}", text)


async def test_the_hook_is_where_the_tune_put_it(tools):
    piece = await tools.lay(tempo=96)
    text = await explained(tools, piece, "hook")
    # The figure begins every second bar: bars 1, 3, 5 ...
    assert "in bar 1; it returns 11 times, in bars 3, 5, 7" in text
    assert len(FIGURE) == 3


async def test_chords_and_form_are_those_of_the_plan(tools):
    piece = await tools.lay()
    plan = PieceFile.load(tools.settings.pieces_dir / piece.folder).plan
    text = await explained(tools, piece, "chords")
    first = plan.chords[0].chord.symbol
    assert f"`{first}" in text
    assert "in D minor" in text
    told = await explained(tools, piece, "form")
    for planned in plan.sections:
        section = planned.section
        assert f"bars {section.start_bar + 1}–{section.start_bar + section.bars}" in told
    assert "0:00" in told


@pytest.mark.parametrize(
    ("about", "told"),
    [
        ("the chords of the bridge", ["Bridge"]), ("桥段的和弦", ["Bridge"]),
        ("what chords are in the second chorus", ["Chorus 2"]),
        ("chords", ["Verse 1, Verse 2", "Chorus 1, Chorus 2", "Bridge"]),
        ("what chords are used in this song", ["Verse 1, Verse 2", "Chorus 1, Chorus 2", "Bridge"]),
    ],
)  # fmt: skip
async def test_chords_of_one_section_alone(tools, about, told):
    form = "verse chorus verse chorus bridge"
    piece = await tools.lay(style="pop", key="C major", bars=None, form=form)
    text = await explained(tools, piece, about)
    assert re.findall(r"^(.+?): `", text, re.MULTILINE) == told


async def test_what_has_no_room_is_marked(tools):
    piece = await tools.lay(style="big band", bars=128, form="A B C D E F G H")
    text = await explained(tools, piece, "chords")
    assert LONGEST / 2 < len(text) <= LONGEST
    assert text.endswith("\n…")


async def test_why_is_told_from_the_vocabulary(tools):
    slow = await tools.lay("slow1111", tempo=60, mood="happy")
    text = await explained(tools, slow, "why does it sound like this")
    low, _, high = vocabulary.load().styles["waltz"].tempo
    assert f"♩ = {low:g} to {high:g}; with 60 this is slower" in text
    assert "“Happy” was asked for; key and tempo speak against it: the minor key, the slow" in text
    sad = await tools.lay("sad11111", tempo=60, mood="sad")
    assert "For “Sad” speak: the minor key, the slow tempo" in await explained(tools, sad, "why")


async def test_what_was_changed_is_compared_with_the_parent(tools):
    before = await tools.lay("aaaaaaa1", tempo=90, title="Rain")
    done = {"use": "restyle", "title": "Rain", "changes": {"mood": "sad"}}
    after = await tools.lay(
        "aaaaaaa2", tempo=120, parent="aaaaaaa1", instruments=["flute"], done=done
    )
    text = await explained(tools, after, "what did you change", parent=before)
    assert "“Rain” changed: Sad." in text
    assert "- tempo: 90 → 120" in text
    assert "- key" not in text
    assert "New players: Flute" in text
    assert "composed from nothing" in await explained(tools, before, "changes")
    gone = tools.settings.pieces_dir / "aaaaaaa1" / "piece.mid"
    gone.unlink()
    assert "→" not in await explained(tools, after, "changes", parent=before)


async def test_words_are_counted(tools):
    piece = await tools.lay(words=True, form="verse chorus", bars=None, style="pop")
    text = await explained(tools, piece, "lyrics")
    lyrics = PieceFile.load(tools.settings.pieces_dir / piece.folder).lyrics
    assert f"{len(lyrics.lines)} lines" in text
    assert "about: the sea" in text
    bare = await tools.lay("bare1111")
    assert "no words" in await explained(tools, bare, "歌词")


@pytest.mark.parametrize("locale", ["en", "zh"])
@pytest.mark.parametrize("style", ["waltz", "bossa nova", "lofi", "big band"])
async def test_everything_fits_in_one_message(tools, style, locale):
    piece = await tools.lay(style=style, bars=None, key=None, seconds=90,
                            form="intro verse chorus verse chorus bridge chorus outro")  # fmt: skip
    for about in ("", *TOPICS):
        text = await explained(tools, piece, about, locale)
        assert 20 < len(text) <= LONGEST
        if locale == "zh":
            bare = re.sub(r"`[^`]*`|\*\*.*?\*\*", "", text)
            words = re.findall(r"\b[a-z]{4,}\b", bare)
            assert not [w for w in words if w not in ("boom", "drop", "dembow")], bare


async def test_the_tool_answers_in_the_persons_language(tools):
    await tools.lay("aaaaaaa1")
    await tools.lay("aaaaaaa2", parent="aaaaaaa1", tempo=200)
    assert "→ 200" in (await tools.call("explain", about="what changed")).text
    tools.asker = replace(tools.asker, locale="zh")
    assert "调：" in (await tools.call("explain")).text


async def test_a_title_can_do_no_harm(tools):
    piece = await tools.lay(title="@everyone `x` **y**")
    text = await explained(tools, piece)
    assert "@everyone" not in text.replace("\\@", "")


def test_files_that_are_gone_are_said(tmp_path):
    with pytest.raises(Refusal, match="not here any more"):
        explain(tmp_path, "", "en")
    (tmp_path / "piece.json").write_text(json.dumps({}))
