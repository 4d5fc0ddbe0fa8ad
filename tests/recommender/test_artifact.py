"""Factors on disk: whole or not there, never a pickle, three kept."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

from models.recommender import als, artifact

FACTORS = als.Factors(
    ("artist:björk", "track:a / b"), np.arange(4, dtype=np.float32).reshape(2, 2), ("鬼太鼓",),
    np.ones((1, 2), np.float32), np.array([0.5, 0.25], np.float32), als.Settings(factors=2),
)  # fmt: skip


def test_what_is_saved_is_loaded(tmp_path):
    path = artifact.save(tmp_path / "new", "taste-0", FACTORS, {"more": np.arange(3)})
    found, extra = artifact.load_with_extra(path)
    assert found.items == FACTORS.items
    assert found.tags == FACTORS.tags
    assert found.settings == FACTORS.settings
    for name in ("item_factors", "tag_factors", "popularity"):
        assert np.array_equal(getattr(found, name), getattr(FACTORS, name))
    assert extra["more"].tolist() == [0, 1, 2]


def test_numbers_rise_and_the_last_three_stay(tmp_path):
    paths = [artifact.save(tmp_path, "taste-0", FACTORS) for _ in range(5)]
    other = artifact.save(tmp_path, "taste-01", FACTORS)
    (tmp_path / "taste-0-6.part").write_bytes(b"")
    gone = artifact.prune(tmp_path, "taste-0")
    assert set(gone) == {*paths[:2], tmp_path / "taste-0-6.part"}
    assert sorted(tmp_path.iterdir()) == sorted([*paths[2:], other])
    assert artifact.save(tmp_path, "taste-0", FACTORS).name == "taste-0-6.npz"


def test_a_death_in_the_middle_leaves_the_old_one(tmp_path, monkeypatch):
    old = artifact.save(tmp_path, "taste-0", FACTORS)

    def dies(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", dies)
    with pytest.raises(KeyboardInterrupt):
        artifact.save(tmp_path, "taste-0", FACTORS)
    assert [path for path in tmp_path.iterdir() if path.suffix == ".npz"] == [old]
    assert artifact.load(old).items == FACTORS.items


def test_damaged_files_say_so(tmp_path):
    path = artifact.save(tmp_path, "taste-0", FACTORS)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises((zipfile.BadZipFile, ValueError, OSError)):
        artifact.load(path)


def test_pickles_are_refused(tmp_path):
    path = tmp_path / "taste-0-1.npz"
    np.savez(path, format=np.array(1), items=np.array([{"evil": 1}], dtype=object))
    with pytest.raises(ValueError, match=r"[Pp]ickle"):
        artifact.load(path)


def test_another_format_or_a_wrong_shape_is_refused(tmp_path):
    path = artifact.save(tmp_path, "taste-0", FACTORS)
    held = dict(np.load(path))
    for change in ({"format": np.array(9)}, {"item_factors": np.ones((5, 2), np.float32)}):
        np.savez(path, **(held | change))
        with pytest.raises(ValueError, match=r"format|factors"):
            artifact.load(path)
