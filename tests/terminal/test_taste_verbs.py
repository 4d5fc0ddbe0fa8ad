"""`python -m bot taste`: declare, recommend, me, and words that ask for one's taste."""

from __future__ import annotations

import json
from importlib.util import find_spec

import pytest
from typer.testing import CliRunner

from bot import __main__ as cli
from bot import taste_cli
from models.errors import Refusal
from models.planner.brief import Brief
from storage import taste_models
from storage.db import open_database
from tests.recommender.export_files import history, write_listenbrainz


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    return tmp_path


def run(*arguments):
    done = CliRunner().invoke(cli.app, ["taste", *map(str, arguments)])
    if isinstance(done.exception, Refusal):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def test_declared_words_are_recommended_from_and_shown():
    run("declare", "lofi", "jazz", "bossa nova", "melancholic", "piano")
    told = json.loads(run("recommend", "instruments", "--seed", 1, "--json"))["suggestions"]
    assert len(told) == 5
    assert "piano" not in {each["key"] for each in told}
    assert told[0]["reason"].startswith("It often goes with")
    assert told[-1]["wildcard"]
    assert "Save room" in run("recommend", "loops")
    known = json.loads(run("me", "--json"))
    assert {style for style, _ in known["styles"]} == {"lofi", "swing", "bossa_nova"}
    assert known["counts"] == {"declared": 5}


def test_a_brief_is_filled_from_it_and_nothing_is_kept_unasked(here):
    brief, notes = taste_cli.filled(Brief(style="waltz"), 3, "en")
    assert brief == Brief(style="waltz")
    assert "three styles" in notes[0][0]
    db = open_database(here / "segno.db")
    assert db.conn.execute("SELECT count(*) FROM consents").fetchone()[0] == 0
    db.close()
    run("declare", "techno")
    brief, notes = taste_cli.filled(Brief(), 3, "en")
    assert brief.style == "techno"
    assert notes[0][1]["things"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("declare", "blargh"), "no style, mood or instrument “blargh”"),
        (("recommend", "blorbs"), "none of them"),
        (("recommend", "artists"), "listen FILE"),
    ],
)
def test_what_cannot_be_done_is_said(arguments, said):
    with pytest.raises(Refusal, match=said):
        run(*arguments)


def test_forgetting_oneself(here):
    run("declare", "techno")
    assert CliRunner().invoke(cli.app, ["forget", "0"]).exit_code == 0
    assert "Nothing yet" in run("me")


def test_an_export_is_listened_to(here):
    export = here / "scrobbles.csv"
    lines = ["uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid"]
    lines += [
        f'"{1_760_000_000 + n * 300}","","Duke E.","","","","Song {n % 7}",""' for n in range(40)
    ]
    export.write_text("\n".join(lines))
    told = run("listen", export)
    assert "40 plays of 7 tracks by 1 artists" in told
    known = json.loads(run("me", "--json"))
    assert [named["title"] for named in known["artists"]] == ["Duke E."]
    assert len(known["tracks"]) == 7
    assert known["trend"]
    with pytest.raises(Refusal, match="no file"):
        run("listen", here / "none.csv")


def test_the_table_for_a_cluster_names_nobody(here, tmp_path):
    export = write_listenbrainz(tmp_path / "lb.zip", history(80))
    run("listen", export)
    assert run("export-table", tmp_path / "table").endswith(": 1 people\n")
    names = json.loads((tmp_path / "table" / "names.json").read_text())
    lines = (tmp_path / "table" / "confidences.csv").read_text().splitlines()
    assert names["people"] == 1
    assert "artist:artist 3" in names["items"]
    assert lines[0] == "user,item,confidence"
    assert len([line for line in lines if line.startswith("0,")]) == len(names["items"])


@pytest.mark.skipif(find_spec("pyspark") is not None, reason="pyspark is installed")
def test_without_spark_one_is_told_how_to_get_it():
    with pytest.raises(Refusal, match="pip install"):
        run("fit-spark")


@pytest.mark.skipif(find_spec("pyspark") is None, reason="needs pyspark and Java 17")
def test_what_spark_fitted_is_served(here, tmp_path):
    run("listen", write_listenbrainz(tmp_path / "lb.zip", history(80)))
    assert json.loads(run("fit-spark").partition(": ")[2])["people"] == 1
    with open_database(here / "segno.db") as db:
        assert taste_models.latest(db, 0).path == "taste-0-2.npz"  # 1 is what listening fitted
