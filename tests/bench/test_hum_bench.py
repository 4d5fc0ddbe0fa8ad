import pytest

from bot.bench import hum
from models.transcriber.evaluation.cases import hums, load_tunes
from models.transcriber.evaluation.scores import note_f1

MEANT = [(0.5, 1.0, 60.0), (1.0, 1.5, 62.0), (1.5, 2.0, 64.0)]


def test_note_f1_counts_onset_and_pitch():
    late = [(on + 0.07, off, pitch) for on, off, pitch in MEANT]
    assert note_f1(MEANT, MEANT, 0.05) == (1.0, 0)
    assert note_f1(MEANT, late, 0.05)[0] == 0.0
    assert note_f1(MEANT, late, 0.1)[0] == 1.0
    assert note_f1(MEANT, [(a, b, p + 1) for a, b, p in MEANT], 0.05) == (1.0, -1)
    assert note_f1(MEANT, [(a, b, p + 2) for a, b, p in MEANT], 0.05)[0] == 0.0
    assert note_f1(MEANT, [], 0.05) == (0.0, 0)


def test_the_same_seed_sings_the_same():
    first, again = (hums(load_tunes(), 3, 5, "test") for _ in range(2))
    assert first == again
    assert hums(load_tunes(), 3, 6, "test") != first


def test_the_bench_measures_hums_without_data_or_soundfont(monkeypatch):
    monkeypatch.setattr(hum, "rivals", dict)
    monkeypatch.setattr(hum, "hums", lambda tunes, count, seed, who: hums(tunes, 2, seed, who))
    table = hum.run(None, None, quick=True, seed=3)
    assert table.cases == 2
    assert table.rows["hums: note F1, 100 ms"].value > 0.5
    assert table.rows["hums: CPU"].value == pytest.approx(0, abs=20)
    assert not any(name.startswith("lines") for name in table.rows)
