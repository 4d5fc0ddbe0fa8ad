"""Exports of every format: what is read, what never is, and that nothing can break the reader."""

from __future__ import annotations

import dataclasses
import json
import random
import struct
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from export_files import (
    MARKS,
    NOW,
    WRITERS,
    Love,
    Play,
    apple_row,
    extended_entry,
    history,
    lastfm_csv,
    listen_entry,
    packed,
    podcast_entry,
    write_apple,
    write_lastfm_csv,
    write_listenbrainz,
    write_spotify_extended,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import Refusal
from models.listening import limits
from models.listening.aggregate import aggregate
from models.listening.export import read_export

DAY = 86400


def read(path, now=NOW):
    return aggregate(read_export(path, path.name), now, path.name)


def by_track(plays):
    """{(artist, title): {day: plays}} of plain plays."""
    found = {}
    for play in plays:
        days = found.setdefault((play.artist, play.title), {})
        when = datetime.fromtimestamp(play.ts, UTC)
        start = when if when.year >= 2021 else datetime(when.year, 1, 1, tzinfo=UTC)
        day = int(start.timestamp() // DAY)
        days[day] = days.get(day, 0) + 1
    return found


def kept(history):
    return {(t.artist, t.title): dict(t.days) for t in history.tracks if t.days}


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_plays_by_day(tmp_path, name):
    plays = history(300, first=2020) + history(300, 2, first=2022)
    found = read(WRITERS[name](tmp_path / name, plays))
    if name != "account.zip":
        assert kept(found) == by_track(plays)
    else:  # told in minutes: a play about midnight may count for the day beside
        assert {t: sum(d.values()) for t, d in kept(found).items()} == {
            t: sum(d.values()) for t, d in by_track(plays).items()
        }
    assert found.plays == 600
    assert found.artists == 12
    assert found.service == {"e": "spotify", "a": "spotify", "l": "listenbrainz"}.get(
        name[0] if name != "apple.zip" else "", {"apple.zip": "apple"}.get(name, "lastfm")
    )
    assert (found.first, found.last) == (int(plays[0].ts // DAY), int(plays[-1].ts // DAY))
    assert found.notes == ()


@pytest.mark.parametrize("name", WRITERS)
def test_nothing_that_tells_who_somebody_is_comes_out(tmp_path, name):
    plays = [dataclasses.replace(p, tags=("shoegaze",)) for p in history(50)]
    path = WRITERS[name](tmp_path / name, plays)
    if name == "extended.zip":
        hidden = extended_entry(plays[0], incognito_mode=True, master_metadata_track_name=MARKS[5])
        write_spotify_extended(path, plays, [podcast_entry(NOW - DAY), hidden])
    export = read_export(path, "mine")
    raw = [repr(play) for play in export.plays]
    assert len(raw) == 50
    told = "\n".join([*raw, repr(export.tally), repr(read(path))])
    packed_text = b"".join(
        zipfile.ZipFile(path).read(n) for n in zipfile.ZipFile(path).namelist()
    ) if name.endswith("zip") else path.read_bytes()  # fmt: skip
    if name != "scrobbles.csv":  # that one knows nothing of the sort
        assert any(mark.encode() in packed_text for mark in MARKS)
    assert [mark for mark in MARKS if mark in told] == []


def test_spotify_counts_as_listenbrainz_does(tmp_path):
    long, short = Play("A", "long", "", NOW - 9000, 200.0), Play("A", "short", "", NOW - 8000, 20.0)
    others = [
        extended_entry(short),  # played to its end, however short
        extended_entry(dataclasses.replace(short, ts=NOW - 7000), reason_end="fwdbtn"),
        extended_entry(dataclasses.replace(short, ts=NOW - 6000), skipped=True),
        extended_entry(dataclasses.replace(long, ts=NOW - 5000), reason_end="fwdbtn"),
        extended_entry(dataclasses.replace(long, ts=NOW - 4000), incognito_mode=True),
        extended_entry(dataclasses.replace(long, ts=NOW - 4000), master_metadata_track_name=None),
        podcast_entry(NOW - 3000),
    ]
    found = read(write_spotify_extended(tmp_path / "e.zip", [long], others))
    assert {t.title: t.plays for t in found.tracks} == {"long": 2, "short": 1}
    assert found.skipped == {"short": 2, "private": 1, "nameless": 1, "spoken": 1}


def test_apple_counts_ends_of_plays_by_the_scrobble_rule(tmp_path):
    song = Play("A", "song", "", NOW - 9000, 200.0, 300.0)
    part = {"Play Duration Milliseconds": "100000", "Event Start Timestamp": "2024-05-01T00:00:00Z"}
    others = [
        apple_row(song, **part),
        apple_row(song, **{"Event Type": "LYRIC_DISPLAY"}),
        apple_row(song, **{"Container Artist Name": ""}),
        apple_row(song, **{"Media Type": "VIDEO"}),
        apple_row(dataclasses.replace(song, ts=NOW - 5000, seconds_played=241.0, seconds=900.0)),
    ]
    found = read(write_apple(tmp_path / "a.zip", [song], others))
    assert found.plays == 2
    assert found.skipped == {"short": 1, "nameless": 1, "spoken": 1}


def test_doubles_and_impossible_dates_are_left_out_and_counted(tmp_path):
    plays = history(20)
    wrong = [Play("A", "t", "", at, 60.0) for at in (0.0, 900_000_000.0, NOW + 3 * DAY)]
    found = read(write_spotify_extended(tmp_path / "e.zip", plays + plays[:5] + wrong))
    assert found.plays == 20
    assert found.skipped == {"twice": 5, "date": 3}


def test_another_spelling_of_a_track_is_the_same_track(tmp_path):
    names = ("Song (2011 Remaster)", "Song - Live at Home", "SONG", "Song (feat. B)")
    plays = [Play("Ärtist", n, "", NOW - DAY * i - 999) for i, n in enumerate(names, 1)]
    found = read(write_lastfm_csv(tmp_path / "x.csv", plays))
    assert [(t.artist, t.title, t.plays) for t in found.tracks] == [("Ärtist", names[0], 4)]


def test_listenbrainz_ratings_get_the_names_of_their_listens(tmp_path):
    plays = history(40)
    songs = list(dict.fromkeys((p.artist, p.title) for p in plays))
    loves = [
        Love(*songs[0], 1, NOW - 100), Love(*songs[1], -1, NOW - 100), Love(*songs[2], 1, NOW - 90),
        Love(*songs[2], 0, NOW - 80), Love("nobody", "nowhere", 1, NOW - 70),
        Love(*songs[0], -1, NOW - 60),
    ]  # fmt: skip
    found = read(write_listenbrainz(tmp_path / "l.zip", plays, loves))
    rated = {(t.artist, t.title): (t.rating, t.rated) for t in found.tracks if t.rating}
    assert rated == {
        songs[0]: (-1, NOW - 60), songs[1]: (-1, NOW - 100), songs[2]: (1, NOW - 90),
    }  # fmt: skip
    ((template, values),) = found.notes
    assert "ratings" in template
    assert values == {"count": 1}


def test_listenbrainz_keeps_tags_and_its_own_counting(tmp_path):
    play = Play("A", "tagged", "", NOW - 500, None, 200.0, ("Dream Pop", "shoegaze", "x" * 99))
    lines = [
        json.dumps(listen_entry(Play("A", "cut", "", NOW - 900, None, 200.0), duration_played=20)),
        json.dumps(listen_entry(Play("A", "odd tags", "", NOW - 999), tags="dream pop")),
        "{ not json", "7", "[" * 5000, '{"listened_at": ' + "9" * 5000 + "}",
    ]  # fmt: skip
    found = read(write_listenbrainz(tmp_path / "l.zip", [play], extra_lines=lines))
    assert {t.title: t.tags for t in found.tracks} == {
        "tagged": ("dream pop", "shoegaze", "x" * 40), "odd tags": (),
    }  # fmt: skip
    assert found.skipped == {"damaged": 4, "short": 1}


def test_what_nobody_can_have_listened_to_is_refused(tmp_path):
    busy = [Play("A", f"s{n}", "", NOW - 8 * DAY + 110 * n) for n in range(5201)]
    with pytest.raises(Refusal, match=r"around 20\d\d-\d\d-\d\d .*\(5\d\d\d in eight days\)"):
        read(write_lastfm_csv(tmp_path / "busy.csv", busy))
    awake = [Play("A", f"s{n}", "", NOW - 8 * DAY + 600 * n, 590.0, 600.0) for n in range(1000)]
    with pytest.raises(Refusal, match="than anyone can listen to"):
        read(write_spotify_extended(tmp_path / "awake.zip", awake))
    # A week of hard work is none of that.
    fine = [Play("A", f"s{n}", "", NOW - 8 * DAY + 240 * n, 200.0, 200.0) for n in range(2400)]
    assert read(write_spotify_extended(tmp_path / "fine.zip", fine)).plays == 2400


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_encodings(tmp_path, encoding):
    plays = [Play("Björk", "Jóga", "Homogenic", NOW - DAY), Play("Mötley", "Straße", "", NOW - 99)]
    found = read(write_lastfm_csv(tmp_path / "x.csv", plays, encoding))
    assert [(t.artist, t.title) for t in found.tracks] == [("Björk", "Jóga"), ("Mötley", "Straße")]


def test_names_that_cannot_be_decoded_are_left_out(tmp_path):
    good = lastfm_csv([Play("Good", "n" * 70_000, "", NOW - 900)]).encode()
    bad = b'"1717190000","","B\xf6se","","","","Lied",""\r\n'
    (tmp_path / "x.csv").write_bytes(good + bad)
    found = read(tmp_path / "x.csv")
    assert [t.artist for t in found.tracks] == ["Good"]
    assert found.skipped == {"nameless": 1}


def test_a_csv_without_a_header_and_one_with_semicolons(tmp_path):
    bare = tmp_path / "bare.csv"
    bare.write_text('Björk,Homogenic,"Jóga",06 May 2020 12:00\n,,x,06 May 2020 12:04\n')
    found = read(bare)
    assert kept(found) == {("Björk", "Jóga"): {18262: 1}}
    assert found.skipped == {"nameless": 1}
    other = tmp_path / "excel.csv"
    other.write_text(lastfm_csv(history(5)).replace('","', '";"'))
    assert read(other).plays == 5


# --- what is refused -----------------------------------------------------------------------------


def refusal(path):
    with pytest.raises(Refusal) as caught:
        read(path)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert str(path) not in sentence
    return sentence


def test_files_that_are_no_export(tmp_path):
    files = {
        "empty.zip": b"", "empty.csv": b"", "blank.json": b" \n ", "text.csv": b"hello\nthere",
        "object.json": b'{"a": 1}', "list.json": b"[]", "number.json": b"[3, 4]",
        "noise.zip": b"PK\x03\x04" + bytes(range(256)), "noise.csv": bytes(range(256)) * 40,
        "nul.csv": b"\0" * 5000, "deep.json": b"[" * 100_000,
    }  # fmt: skip
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
        assert name in refusal(tmp_path / name)
    packed(tmp_path / "nothing.zip", {})
    assert "is empty" in refusal(tmp_path / "nothing.zip")
    packed(tmp_path / "photos.zip", {"cat.jpg": b"x", "Playlist1.json": "[]"})
    assert "holds no listening history" in refusal(tmp_path / "photos.zip")
    packed(tmp_path / "nested.zip", {"my/Apple_Media_Services.zip": b"PK"})
    assert "another archive" in refusal(tmp_path / "nested.zip")
    only = [extended_entry(Play("A", "b", "", NOW, 3.0), reason_end="fwdbtn")]
    write_spotify_extended(tmp_path / "short.zip", [], only)
    assert "(1 entries were left out)" in refusal(tmp_path / "short.zip")


def test_an_archive_with_a_password(tmp_path):
    path = write_spotify_extended(tmp_path / "e.zip", history(3))
    data = bytearray(path.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := data.find(signature, at + 1)) >= 0:
            data[at + flags] |= 1
    path.write_bytes(data)
    assert "wants a password" in refusal(path)


def test_bombs_stop_early(tmp_path, monkeypatch):
    name = "Streaming_History_Audio_2020_0.json"
    packed(tmp_path / "ratio.zip", {name: b"[" + b" " * 50_000_000})
    assert "unpacks to more than I take" in refusal(tmp_path / "ratio.zip")
    packed(tmp_path / "many.zip", {f"{n}.txt": b"" for n in range(limits.MOST_MEMBERS + 1)})
    assert "more than the 2000 files" in refusal(tmp_path / "many.zip")
    # A directory far too long is not even read.
    data = packed(tmp_path / "long.zip", {name: "[]"}).read_bytes()
    at = data.rfind(b"PK\x05\x06")
    lying = data[: at + 12] + struct.pack("<L", 900_000_000) + data[at + 16 :]
    (tmp_path / "long.zip").write_bytes(lying)
    assert "more than the 2000 files" in refusal(tmp_path / "long.zip")
    # What is read is counted, whatever the directory says.
    monkeypatch.setattr(limits, "MOST_UNPACKED", 20_000)
    path = write_lastfm_csv(tmp_path / "big.csv", history(500))
    assert "unpacks to more than I take" in refusal(path)


def test_names_in_an_archive_lead_nowhere(tmp_path):
    entries = json.dumps([extended_entry(p) for p in history(4)])
    evil = "../../../../tmp/Streaming_History_Audio_evil.json"
    path = packed(tmp_path / "e.zip", {evil: entries, "/etc/endsong_0.json": entries})
    refusal(path)
    assert sorted(tmp_path.iterdir()) == [path]
    packed(path, {evil: entries, "ok/endsong_0.json": entries})
    assert read(path).plays == 4
    assert sorted(tmp_path.iterdir()) == [path]


def test_a_cut_off_file_counts_up_to_the_cut(tmp_path):
    whole = json.dumps([extended_entry(p) for p in history(100)])
    path = packed(tmp_path / "e.zip", {"endsong_0.json": whole[: len(whole) * 2 // 3]})
    found = read(path)
    assert found.plays == 66
    assert found.skipped == {"damaged": 1}
    assert [template for template, _ in found.notes] == [
        "“{name}” is cut off or damaged; what came before that is counted."
    ]


def test_a_large_history_is_read_in_little_time_and_memory(tmp_path):
    import time
    import tracemalloc

    plays = history(20_000, artists=200, first=2005)
    path = write_spotify_extended(tmp_path / "e.zip", plays, per_file=16_000)
    began = time.perf_counter()
    tracemalloc.start()
    found = read(path, NOW + 9e8)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.plays == 20_000
    assert peak < 30e6
    assert time.perf_counter() - began < 20


# --- anything at all -----------------------------------------------------------------------------


def survives(path):
    """Whatever it is: a history, or one clear sentence."""
    try:
        found = read(path)
    except Refusal as refused:
        assert str(refused)
    else:
        assert all(t.artist and t.title and (t.days or t.rating) for t in found.tracks)
        assert all(n > 0 and 0 <= d * DAY <= NOW + 2 * DAY for t in found.tracks for d, n in t.days)


@pytest.mark.parametrize("name", WRITERS)
def test_damaged_bytes(tmp_path, name):
    whole = WRITERS[name](tmp_path / name, history(30)).read_bytes()
    rng = random.Random(5)
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(rng.randrange(1, 12)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        if rng.random() < 0.3:
            del data[rng.randrange(len(data)) :]
        (tmp_path / name).write_bytes(data)
        survives(tmp_path / name)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)
KEYS = sorted(
    {*extended_entry(Play("", "", "", NOW)), *listen_entry(Play("", "", "", NOW)), "endTime",
     "artistName", "trackName", "msPlayed", "podcastName", "payload", "listen_type", "score",
     "created", "recording_msid", "recenttracks", "track", "artist", "name", "date", "@attr"}
)  # fmt: skip


@given(
    st.lists(st.dictionaries(st.sampled_from(KEYS), ANY, max_size=8) | ANY, max_size=5),
    st.sampled_from(["x.json", "x.jsonl"]),
)
@settings(max_examples=150, deadline=None)
def test_any_json_is_read_or_refused(entries, name):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        lines = "\n".join(map(json.dumps, entries)) if name.endswith("l") else json.dumps(entries)
        path.write_text(lines, encoding="utf-8")
        survives(path)


NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf", "Cn", "Co", "Z")), min_size=1,
                max_size=20)  # fmt: skip


@given(
    st.lists(
        st.builds(
            Play, NAMES, NAMES, NAMES, st.integers(1_100_000_000, int(NOW)).map(float),
            st.integers(30, 900).map(float), st.just(60.0),
        ),
        max_size=12,
    ),
    st.sampled_from([n for n in WRITERS if n != "account.zip"]),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_any_names_come_back(plays, writer):
    with tempfile.TemporaryDirectory() as folder:
        path = WRITERS[writer](Path(folder) / writer, plays)
        if not plays:
            survives(path)
            return
        found = read(path)
        assert found.plays + found.skipped.get("twice", 0) == len(plays)
        assert set(found.skipped) <= {"twice"}
        assert sum(t.plays for t in found.tracks) == found.plays
