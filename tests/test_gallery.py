"""The gallery in the repository is whole and small, and its command writes the same bytes again."""

from pathlib import Path

import pytest

from bot import gallery, gallery_arrangements, gallery_facts, gallery_files
from models import midi, vocabulary
from models.arranger.evaluation.view import as_band
from models.composer.generate import load_composer
from models.errors import Refusal
from models.planner import make_plan
from models.planner.intake import brief_from_json
from models.score import Note, PlacedChord, Score, Track
from models.theory import Chord

HUNG = Path(__file__).parents[1] / "docs" / "gallery"
USES = {
    "compose", "develop", "continue", "vary", "blend", "manner", "restyle", "harmonise",
}  # fmt: skip


def test_the_recipes_show_every_purpose_and_use_and_the_four_meters():
    entries = gallery.entries()
    briefs = [brief_from_json(e.brief) for e in entries if e.brief]
    assert len(entries) == len({e.name for e in entries}) == 12
    assert {e.use for e in entries} == USES
    assert {b.purpose for b in briefs} == {p.id for p in vocabulary.load().purposes}
    meters = {str(make_plan(b, 1).meter) for b in briefs}
    assert meters == {"4/4", "3/4", "6/8", "2/4"}


def test_a_recipe_works_only_on_pieces_before_it():
    seen = set()
    for entry in gallery.entries():
        assert {entry.source, entry.rework.get("reference", "")} <= seen | {""}
        seen.add(entry.name)


def test_the_gallery_in_the_repository_is_whole_and_weighs_little():
    entries = (*gallery.entries(), *gallery_arrangements.entries())
    names = [f"{e.name}.{kind}" for e in entries for kind in ("mid", "png")]
    readme = (HUNG / "README.md").read_text(encoding="utf-8")
    assert sorted(p.name for p in HUNG.iterdir() if p.is_file()) == sorted([*names, "README.md"])
    assert [n for n in names if n not in readme] == []
    assert sum(p.stat().st_size for p in HUNG.iterdir()) < gallery.MAX_BYTES


@pytest.mark.parametrize("name", [e.name for e in gallery.entries()])
def test_each_piece_in_the_repository_is_what_its_recipe_states(name):
    entry = next(e for e in gallery.entries() if e.name == name)
    score = midi.read(HUNG / f"{name}.mid")
    told = entry if entry.brief else next(e for e in gallery.entries() if e.name == entry.source)
    while not told.brief:
        told = next(e for e in gallery.entries() if e.name == told.source)
    brief = brief_from_json(told.brief)
    assert score.title == brief.title
    assert str(score.key) == brief.key
    track = score.track("melody")
    assert track is not None and len(track.notes) > score.bars


def test_the_same_weight_writes_the_same_bytes(tmp_path):
    chosen = {"08-good-morning-oats", "12-jasmine"}
    wanted = [e for e in gallery.entries() if e.name in chosen]
    composer = load_composer()
    written = []
    for folder in (tmp_path / "once", tmp_path / "again"):
        folder.mkdir()
        hung = gallery.made(wanted, composer, folder)
        sheet = gallery.sheet(hung, "0" * 64)
        written.append((sheet, {p.name: p.read_bytes() for p in folder.iterdir()}))
    assert written[0] == written[1]
    assert len(written[0][1]) == 2 * len(wanted)


def test_a_typed_tune_is_played_as_typed(tmp_path):
    entry = next(e for e in gallery.entries() if e.tune)
    (hung,) = gallery.made([entry], load_composer(), tmp_path)
    track = hung.score.track("melody")
    tonic = hung.score.key.tonic_pc
    steps = [(n.pitch - tonic) % 12 for n in track.notes[:7]]
    assert steps == [4, 4, 7, 9, 0, 0, 9]  # 3 3 5 6 1 1 6
    assert track.notes[-1].end == hung.score.beats
    assert len(hung.score.chords) > 4


def test_words_of_an_earlier_weight_are_said_to_be(monkeypatch):
    monkeypatch.setitem(gallery_files.table(), "heard_on", "abc123")
    assert "earlier weight" in gallery.sheet([], "ffff00")
    assert "earlier weight" not in gallery.sheet([], "abc123ff")


def score_of(plan, tune, band=()):
    tracks = (Track("Tune", "melody", 0, tune), Track("Band", "chords", 0, tuple(band)))
    chords = (PlacedChord(0, 4 * plan.bars, Chord("C", "")),)
    return Score(plan.title, plan.key, plan.meter, plan.tempos, plan.bars, tracks, chords)


def test_measured_facts_are_those_of_the_notes():
    plan = make_plan(
        brief_from_json({"key": "C major", "meter": "4/4", "bars": 4, "instruments": ["piano"]}), 1
    )
    tune = tuple(
        Note(float(k), p, 1.0)
        for k, p in enumerate([60, 60, 60, 62, 72, 71, 67, 65, 60, 60, 60, 62, 65, 64, 62, 60])
    )
    said = gallery_facts.facts_in_words(plan, score_of(plan, tune, [Note(4, 59, 2.0)]))
    assert "16 notes, MIDI 60-72" in said
    assert "leaps of a sixth or more: 1 (bars 2)" in said
    assert "longest run of one pitch: 3" in said
    assert "rubs of a semitone with the band: 1 (bars 2)" in said  # 72 above 59; 71 an octave up
    assert "75% of the notes on strong beats in the chord" in said  # not the F and D of bar 4
    assert "last note: tonic, 1 beats" in said


def test_a_recipe_that_cannot_be_met_is_refused(tmp_path):
    entry = gallery.Entry("x", "vary", 1, "", source="nothing there")
    with pytest.raises(Refusal):
        gallery.made([entry], load_composer(), tmp_path)


# --- one tune in twelve styles -------------------------------------------------------------------


def test_the_arrangements_are_one_of_each_family_and_some_are_ensembles():
    entries, styles = gallery_arrangements.entries(), vocabulary.load().styles
    families = [styles[e.style].family for e in entries]
    assert sorted(families) == sorted({s.family for s in styles})
    assert len({e.name for e in entries}) == 12
    assert {e.ensemble for e in entries} == {None, "big_band", "string_quartet", "orchestra"}
    assert all("4/4" in styles[e.style].meters for e in entries)


def test_the_typed_tune_fits_its_form_and_its_chords():
    sketch, tune = gallery_arrangements.tune()
    plan = sketch.plan
    assert [(s.section.name, s.section.bars) for s in plan.sections] == [
        ("intro", 4), ("verse", 8), ("chorus", 8), ("outro", 4),
    ]  # fmt: skip
    assert [n.pitch for n in tune[:5]] == [60, 65, 65, 65, 69]  # should auld acquaintance
    assert tune[0].onset == 15  # the up-beat into the verse
    assert tune[-1].end == 80 and tune[-1].pitch % 12 == plan.key.tonic_pc
    outside = [
        n.onset
        for n in tune
        for c in plan.chords
        if n.onset % 2 == 0 and c.onset <= n.onset < c.onset + c.duration
        if n.pitch % 12 not in c.chord.pcs
    ]
    assert outside == [42, 74]  # "auld lang": D over C7, twice
    assert "melody" not in plan.sections[-1].roles  # the tune is over by then


@pytest.mark.parametrize("entry", gallery_arrangements.entries(), ids=lambda e: e.name)
def test_each_arrangement_plays_the_tune_and_what_is_said_of_it_is_in_its_file(entry):
    score = midi.read(HUNG / f"{entry.name}.mid")
    _, tune = gallery_arrangements.tune()
    tune = gallery_arrangements.score_melody(score, tune)
    sounding = {(n.onset, n.pitch % 12) for t in score.tracks if not t.is_drum for n in t.notes}
    assert {(n.onset, n.pitch % 12) for n in tune} <= sounding
    if entry.ensemble is None:
        played = score.track("melody").notes
        assert [(n.onset, n.pitch % 12) for n in played] == [(n.onset, n.pitch % 12) for n in tune]
    found = gallery_arrangements.figures(entry, score)
    assert found.unplayable == 0
    readme = (HUNG / "README.md").read_text(encoding="utf-8")
    about = readme.partition(f"]({entry.name}.mid)")[2].partition("\n## ")[0]
    assert f"- **Measured**: {gallery_arrangements.in_words(found)}\n" in about
    assert f"- **Farthest from people**: {gallery_arrangements.farthest(found)}\n" in about


def test_the_weakest_arrangement_is_the_one_that_the_files_say():
    counted = [
        (e, gallery_arrangements.figures(e, midi.read(HUNG / f"{e.name}.mid")))
        for e in gallery_arrangements.entries()
    ]
    readme = (HUNG / "README.md").read_text(encoding="utf-8")
    assert "\n".join(gallery_arrangements.verdict(counted)) in readme
    weakest = max(counted, key=lambda pair: pair[1].distance)[0]
    assert f"the weakest is **{weakest.name[:2]} " in readme


def test_distance_counts_what_is_worse_than_people_in_their_spread(monkeypatch):
    people = dict.fromkeys(gallery_arrangements.FAULTS, (0.5, 0.1))
    monkeypatch.setitem(gallery_files.table(), "people", people)
    distance = gallery_arrangements.distance
    assert distance("chord tones on strong beats", 0.3) == pytest.approx(2)
    assert distance("chord tones on strong beats", 0.9) == 0
    assert distance("melody time in a semitone clash", 0.7) == pytest.approx(2)
    assert distance("melody time in a semitone clash", 0.1) == 0
    assert distance("pitched groove within a section", 0.4) == pytest.approx(1)
    assert distance("pitched groove within a section", 0.6) == pytest.approx(1)
    assert distance("pitched groove across sections", float("nan")) is None


def test_a_tune_is_covered_where_something_sounds_above_it():
    sketch, _ = gallery_arrangements.tune()
    tune = (Note(0, 60, 4.0), Note(4, 72, 4.0))
    score = score_of(sketch.plan, tune, [Note(0, 64, 1.0), Note(4, 71, 4.0)])
    band = as_band(score, sketch.plan, tune)
    assert gallery_arrangements.covered(band) == pytest.approx(1 / 8)


def test_an_arrangement_comes_by_the_road_of_arrange_and_is_the_same_again(tmp_path):
    entry = next(e for e in gallery_arrangements.entries() if e.style == "bluegrass")
    studio = gallery.quiet_studio(load_composer())
    written = []
    for folder in (tmp_path / "once", tmp_path / "again"):
        folder.mkdir()
        (made,) = gallery_arrangements.made([entry], studio, folder)
        assert made.piece.plan == gallery_arrangements.plan_of(entry)
        assert made.piece.facts["verification"]["failed"] == []
        sheet = gallery_arrangements.sheet([made], "0" * 64)
        written.append((sheet, {p.name: p.read_bytes() for p in folder.iterdir()}))
    assert written[0] == written[1]
    assert len(written[0][1]) == 2
