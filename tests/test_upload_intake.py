"""Files on their way in: what is taken for music, where it lies, and whose it is."""

from __future__ import annotations

import io
import os
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import intake
from models.errors import Refusal

MIDI = b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\0\4\0\xff\x2f\0"
XML = "<?xml version='1.0'?>\n<!DOCTYPE score-partwise PUBLIC 'x' 'y'>\n<score-partwise/>"
MOST = 10_000


def zipped(*names):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "suffix"),
    [
        (MIDI, ".mid"),
        (b"RIFF\0\0\0\0RMIDdata", ".mid"),
        (XML.encode(), ".musicxml"),
        (b"\xef\xbb\xbf" + XML.encode(), ".musicxml"),
        (XML.encode("utf-16"), ".musicxml"),
        (XML.replace("partwise", "timewise").encode(), ".musicxml"),
        (zipped("META-INF/container.xml", "a.xml"), ".mxl"),
        (zipped("a.exe"), None),
        (zipped("a.xml")[:-10], None),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"<html><body>score</body></html>", None),
        (b"ID3\4", None),
        (b"%PDF-1.4", None),
        (b"", None),
    ],
)
def test_music_is_told_by_its_first_bytes(data, suffix):
    assert intake.kind_of(data) == suffix


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    data=st.one_of(
        st.binary(max_size=60),
        st.binary(max_size=60).map(lambda rest: MIDI + rest),
        st.binary(max_size=60).map(lambda rest: b"PK\3\4" + rest),
        st.binary(max_size=60).map(lambda rest: zipped("a.xml")[:40] + rest),
        st.text(max_size=60).map(lambda rest: (XML + rest).encode("utf-8", "surrogatepass")),
    ),
    name=st.text(max_size=300),
)
def test_any_bytes_are_stored_inside_the_owners_folder_or_refused(tmp_path, data, name):
    try:
        path = intake.store(data, name, 77, tmp_path, MOST)
    except Refusal as refusal:
        assert len(str(refusal)) < 250
        return
    file = (tmp_path / path).resolve()
    assert file.parent == tmp_path.resolve() / "uploads" / "77"
    assert file.read_bytes() == data
    key = path.removeprefix("uploads/")
    assert intake.owned(key, 77, tmp_path) == path


def test_only_the_owner_reaches_an_upload_and_only_inside_the_folder(tmp_path):
    path = intake.store(MIDI, "a.mid", 77, tmp_path, MOST)
    (tmp_path / "secret").write_text("x")
    key = path.removeprefix("uploads/")
    for user, wanted in (
        (78, key),
        (7, key),
        (77, f"77/../{key}"),
        (77, "77/../../secret"),
        (77, "77/.."),
        (77, key + "\n"),
        (77, f"77/{'0' * 24}.mid"),
    ):
        with pytest.raises(Refusal, match="send it again"):
            intake.owned(wanted, user, tmp_path)


def test_use_keeps_an_upload_and_a_day_without_takes_it(tmp_path):
    path = tmp_path / intake.store(MIDI, "a.mid", 77, tmp_path, MOST)
    old = path.stat().st_mtime - 2 * intake.KEEP
    os.utime(path, (old, old))
    intake.owned(path.relative_to(tmp_path / "uploads").as_posix(), 77, tmp_path)
    intake.drop_stale(tmp_path, path.stat().st_mtime + intake.KEEP - 1)
    assert path.exists()
    intake.drop_stale(tmp_path, path.stat().st_mtime + intake.KEEP + 1)
    assert not path.exists()
    intake.drop_stale(tmp_path / "no such folder", 0.0)


def test_forgetting_takes_one_persons_files(tmp_path):
    for user in (77, 78):
        intake.store(MIDI, "a.mid", user, tmp_path, MOST)
    (entry,) = intake.kept(tmp_path, 77)
    assert entry["bytes"] == len(MIDI)
    assert intake.forget(tmp_path, 77) == 1
    assert intake.forget(tmp_path, 77) == 0
    assert intake.kept(tmp_path, 77) == []
    assert len(intake.kept(tmp_path, 78)) == 1
