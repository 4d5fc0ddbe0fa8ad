"""`python -m bot arrange`, `edit` and `hear`: what each passes on, writes, and refuses."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from bot import __main__ as cli
from bot.render.soundfont import find_soundfont
from bot.studio import Studio
from models import midi
from models.arranger.generate import load_arranger
from models.arranger.plain import arrange
from models.composer.generate import load_composer
from models.errors import Refusal
from models.planner import make_plan
from models.planner.brief import Brief
from models.score import Note

FILES = {"piece.json", "piece.mid", "piece.musicxml", "piece.mp3", "piece.png"}


def run(*arguments):
    return CliRunner().invoke(cli.app, [*map(str, arguments)])


@pytest.fixture(scope="module")
def studio():
    """The real one, loaded once."""
    return Studio(load_composer(), load_arranger(), find_soundfont(None))


@pytest.fixture
def tune(tmp_path, monkeypatch, studio):
    """A short waltz as a MIDI file, with a band that is to be replaced."""
    monkeypatch.setattr(Studio, "open", lambda *_: studio)
    plan = make_plan(Brief(style="waltz", key="D minor", bars=4, tempo=200, title="Tune"), 3)
    low, bar = plan.part("melody").low + 5, plan.meter.bar_beats
    score = arrange(plan, tuple(Note(n * bar, low + n % 4, bar) for n in range(plan.bars)))
    midi.write(score, tmp_path / "tune.mid")
    return tmp_path / "tune.mid"


@pytest.fixture
def hum(tmp_path):
    """Eight beeps up a scale and down again, two in a second."""
    pitches, rate = [60, 62, 64, 65, 67, 65, 64, 60], 22050
    t = np.arange(int(0.42 * rate)) / rate
    edge = np.minimum(1, np.minimum(t, t[::-1]) / 0.02)
    gap = np.zeros(int(0.5 * rate) - len(t))
    sound = [
        part
        for p in pitches
        for part in (0.3 * edge * np.sin(2 * np.pi * 440 * 2 ** ((p - 69) / 12) * t), gap)
    ]
    soundfile.write(tmp_path / "hum.wav", np.concatenate(sound), rate)
    return tmp_path / "hum.wav"


def notes_of(folder, role):
    return midi.read(folder / "piece.mid").track(role).notes


def test_a_file_gets_a_band_and_the_band_new_players(tune, tmp_path):
    first = tmp_path / "first"
    result = run("arrange", tune, "--style", "swing", "--keep", "drums", "-o", first, "--seed", 4)
    assert result.exit_code == 0, result.output
    assert {path.name for path in first.iterdir()} == FILES
    assert "“tune” arranged as Swing jazz. Kept note for note: the melody" in result.stdout
    given = midi.read(tune).track("melody").notes
    assert [(n.onset, n.pitch, n.duration) for n in notes_of(first, "melody")] == [
        (n.onset, n.pitch, n.duration) for n in given
    ]
    kept = json.loads((first / "piece.json").read_text(encoding="utf-8"))
    assert kept["lineage"] == {"parent": None, "how": "arrange"}
    assert kept["facts"]["style"] == "swing"

    second = tmp_path / "second"
    result = run("edit", first, "add", "--instrument", "tango accordion", "-o", second, "--json")
    assert result.exit_code == 0, result.output
    (clip,) = json.loads(result.stdout)["clips"]
    assert clip["facts"]["rework"]["use"] == "add"
    assert clip["facts"]["rework"]["same"] is True
    assert notes_of(second, "bass") == notes_of(first, "bass")
    saved = json.loads((second / "piece.json").read_text(encoding="utf-8"))
    assert saved["lineage"] == {"parent": "first", "how": "add"}

    third = tmp_path / "third"
    result = run("edit", second, "reroll", "--part", "bass", "--bars", "3-4", "-o", third)
    assert result.exit_code == 0, result.output
    assert "written again in bars 3 to 4. All other parts are kept note for note." in result.stdout
    early = [n for n in notes_of(second, "bass") if n.end <= 6]
    assert [n for n in notes_of(third, "bass") if n.end <= 6] == early


def test_an_ensemble_plays_in_the_manner_of_another_file(tune, tmp_path):
    out = tmp_path / "out"
    result = run("arrange", tune, "--instrument", "flute", "--instrument", "piano", "--like", tune,
                 "-o", out, "--seed", 1, "--json")  # fmt: skip
    assert result.exit_code == 0, result.output
    (clip,) = json.loads(result.stdout)["clips"]
    assert clip["facts"]["rework"]["like"] == "tune"
    assert "piano" in clip["facts"]["instruments"]


def test_a_hum_is_written_down_and_arranged_as_corrected(tune, hum, tmp_path):
    result = run("hear", hum, "-o", tmp_path / "heard", "--json")
    assert result.exit_code == 0, result.output
    heard = json.loads(result.stdout)["heard"]
    assert heard["count"] == 8
    names = [word[:2] for word in heard["notes"].split() if word[0] in "CDEFG"]
    assert names == ["C4", "D4", "E4", "F4", "G4", "F4", "E4", "C4"]
    assert (tmp_path / "heard" / "heard.png").read_bytes().startswith(b"\x89PNG")
    prose = run("hear", hum, "--key", "F major", "--meter", "4/4", "-o", tmp_path / "heard")
    assert "F major" in prose.stdout
    assert "4/4" in prose.stdout
    out = tmp_path / "out"
    result = run("arrange", hum, "--style", "pop", "--key", "C major", "--meter", "4/4", "--tempo",
                 120, "--notes", "C4:1 D4:1 E4:1 F4:1 | G4:4 | C4:4", "-o", out)  # fmt: skip
    assert result.exit_code == 0, result.output
    assert [(n.onset, n.pitch % 12) for n in notes_of(out, "melody")] == [
        (0, 0), (1, 2), (2, 4), (3, 5), (4, 7), (8, 0)
    ]  # fmt: skip
    facts = json.loads((out / "piece.json").read_text(encoding="utf-8"))["facts"]
    assert (facts["key"], facts["tempo"], facts["meter"]) == ("C major", 120, "4/4")
    assert "Heard in your recording, " in result.stdout


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        (["arrange", "nowhere.mid"], "There is no file “nowhere.mid”"),
        (["arrange", "."], "holds no piece"),
        (["arrange", "{text}"], "“text.mid” is not music I can read"),
        (["arrange", "{tune}", "--style", "tangooo music"], "I don't know the style"),
        (["arrange", "{tune}", "--ensemble", "zzz"], "I don't know the ensemble"),
        (["arrange", "{tune}", "--keep", "me"], "I keep tune, drums, bass, rhythm, everything"),
        (["arrange", "{tune}", "--like", "nowhere.mid"], "There is no file “nowhere.mid”"),
        (["arrange", "{tune}", "--key", "H"], "is not a key I know"),
        (["edit", "{tune}", "mute"], "I can change the players of a piece of mine"),
        (["edit", ".", "mute"], "holds no piece"),
        (["edit", "{tune}", "sing"], "An edit is one of replace, add, mute, reroll"),
        (["hear", "{text}"], "“text.mid” is not music I can read"),
        (["hear", "{tune}"], "That is no recording"),
    ],
)
def test_what_cannot_be_is_refused_before_models_load(tune, tmp_path, monkeypatch, verb, words):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Studio, "open", lambda *_: pytest.fail("models were loaded"))
    (tmp_path / "text.mid").write_text("no music")
    filled = [a.format(tune=tune, text=tmp_path / "text.mid") for a in verb]
    result = run(*filled, "-o", tmp_path / "out")
    assert isinstance(result.exception, Refusal), result.output
    assert words in str(result.exception)
