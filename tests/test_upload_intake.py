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


def zipped(*names, padding=1):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            # A fixed date: test names are made of these bytes, and both workers must see the same.
            archive.writestr(zipfile.ZipInfo(name), bytes(padding))
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
        (b"% hymns\r\n\r\nX:1\r\nT:Tune\r\nK:G\r\nGABc|", ".abc"),
        (b"RIFF\0\0\0\0WAVEfmt ", ".wav"),
        (b"RIFF\0\0\0\0AVI LIST", None),
        (b"OggS\0\2" + bytes(22) + b"\1\x13OpusHead", ".opus"),
        (b"OggS\0\2" + bytes(22) + b"\1\x1e\1vorbis", ".ogg"),
        (b"fLaC\0\0\0\x22", ".flac"),
        (b"ID3\4", ".mp3"),
        (b"\xff\xfb\x90\x64", ".mp3"),
        (b"\xff\xfe\x41\0", None),
        (b"K: is a letter, T: is one", None),
        (b"X:1\nT:\0\nK:G\n", None),
        (b"T:\n" * 80_000, None),
        (b"<html><body>score</body></html>", None),
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


def test_sound_is_taken_only_where_it_is_asked_for_and_each_kind_has_its_cap(tmp_path):
    wav, most = b"RIFF\0\0\0\0WAVEfmt " + bytes(3 << 20), 4 << 20
    with pytest.raises(Refusal, match=r"send a MIDI \(.mid\), MusicXML"):
        intake.store(wav, "a.wav", 77, tmp_path, most)
    both = (*intake.SCORES, *intake.AUDIO)
    assert intake.store(wav, "a.wav", 77, tmp_path, 1, both).endswith(".wav")
    for data, kilobytes in (
        (MIDI + bytes(1 << 20), 1024),
        (zipped("a.xml", padding=2 << 20), 2048),
        (XML.encode() + b" " * (4 << 20), 4096),  # what the owner of the bot takes
        (b"X:1\nK:C\n" + b"c" * (256 << 10), 256),
        (wav + bytes(8 << 20), 10240),
    ):
        with pytest.raises(Refusal, match=f"larger than the {kilobytes} kB"):
            intake.store(data, "a", 77, tmp_path, most, both)
    with pytest.raises(Refusal, match="send notes"):
        intake.store(b"ftypM4A", "a.m4a", 77, tmp_path, most, both)


def test_our_copy_of_the_music_goes_with_the_upload_and_is_nobodys_file(tmp_path):
    path = tmp_path / intake.store(MIDI, "a.mid", 77, tmp_path, MOST)
    ours = path.with_name(path.stem + ".own.mid")
    ours.write_bytes(MIDI)
    with pytest.raises(Refusal, match="send it again"):
        intake.owned(f"77/{ours.name}", 77, tmp_path)
    assert len(intake.kept(tmp_path, 77)) == 1
    old = path.stat().st_mtime - 2 * intake.KEEP
    os.utime(path, (old, old))
    intake.drop_stale(tmp_path, old + 1.5 * intake.KEEP)  # the copy is younger
    assert not list(path.parent.iterdir())
    intake.store(MIDI, "a.mid", 77, tmp_path, MOST)
    ours.write_bytes(MIDI)
    assert intake.forget(tmp_path, 77) == 1
    assert not list(path.parent.iterdir())


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
