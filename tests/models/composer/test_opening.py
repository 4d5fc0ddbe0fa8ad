"""What a person's file sounds like decides who plays it."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.composer.opening import open_file, style_of


@pytest.mark.parametrize(
    ("file", "style"),
    [
        ("nottingham/jigs10.mid", "celtic_jig"),
        ("nottingham/waltzes10.mid", "waltz"),
        ("pop909/100/100.mid", "pop"),
    ],
)
def test_real_files_get_players_of_their_kind(data_dir: Path, file: str, style: str) -> None:
    source = open_file(data_dir / file)
    assert source.plan.style == style == style_of(source)
    assert str(source.plan.meter) in ("6/8", "3/4", "4/4")
