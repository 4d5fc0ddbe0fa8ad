"""Settings and the file that explains them."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.settings import Settings

EXAMPLE = Path(__file__).parents[2] / ".env.example"


def test_the_example_lists_every_setting_and_nothing_else():
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    names = [line.split("=")[0] for line in lines if line and not line.startswith("#")]
    assert sorted(names) == sorted(name.upper() for name in Settings.model_fields)
    for number, line in enumerate(lines):
        if "=" in line and not line.startswith("#"):
            # a comment right above, or above the setting it shares one with
            above = lines[number - 1]
            assert above.startswith("# ") or "=" in above, f"{line} is not explained"


def test_the_example_is_the_default(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    assert Settings(_env_file=EXAMPLE) == Settings(_env_file=None)


def test_environment_wins_over_the_file(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("DISCORD_TOKEN=abc.def\nWORKERS=3\nSOMETHING_ELSE=1\n")
    monkeypatch.setenv("WORKERS", "2")
    settings = Settings(_env_file=tmp_path / ".env")
    assert settings.workers == 2
    assert settings.discord_token.get_secret_value() == "abc.def"
    assert "abc" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WORKERS", "0"),
        ("LEASE", "0.1"),
        ("LOG_LEVEL", "CHATTY"),
        ("STORAGE_SYNCHRONOUS", "OFF"),
        ("DEMO_PORT", "99999"),
        ("MAX_SECONDS", "-1"),
    ],
)
def test_impossible_values_are_refused_by_name(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings(_env_file=None)
