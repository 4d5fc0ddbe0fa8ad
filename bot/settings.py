"""Every setting, in one place: the only reader of the environment and of `.env`.

In: environment variables and `.env`. Out: one frozen `Settings`, built by the composition root and
passed to whoever needs it. `.env.example` lists the same names (a test compares the two).
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The owner's choices; durations in seconds unless the name says otherwise."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True
    )

    # Discord
    discord_token: SecretStr | None = None
    guild_id: int | None = None
    discord_proxy: str | None = None

    # Where things are
    data_dir: Path = Path("data")
    soundfont: Path | None = None
    lyrics_model: str | None = None
    demo_host: str = "127.0.0.1"
    demo_port: int = Field(default=8787, ge=0, le=65535)

    # A bigger mind
    chat_model: str | None = None
    chat_key: SecretStr | None = None
    chat_timeout: float = Field(default=20.0, gt=0, le=120)

    # Workers
    workers: int = Field(default=1, ge=1, le=64)
    threads_per_worker: int = Field(default=1, ge=1, le=256)
    worker_memory_mib: int = Field(default=4096, ge=0)
    worker_max_tasks: int = Field(default=200, ge=0)

    # Jobs
    job_timeout: float = Field(default=300.0, gt=0)
    learn_timeout: float = Field(default=420.0, gt=0)
    lease: float = Field(default=30.0, ge=1)
    max_attempts: int = Field(default=3, ge=1)
    progress_interval: float = Field(default=1.0, ge=0)
    shutdown_grace: float = Field(default=20.0, ge=0)

    # What one person and one server may ask
    max_seconds: float = Field(default=300.0, gt=0)
    user_running: int = Field(default=1, ge=1)
    user_queued: int = Field(default=3, ge=0)
    guild_per_hour: int = Field(default=20, ge=1)
    max_upload_kb: int = Field(default=4096, ge=1)
    max_export_mb: int = Field(default=64, ge=1)
    train_on_discord_files: bool = False

    # Recommendations
    taste_holdout: float = Field(default=0.1, ge=0, le=1)
    spotify_presence: bool = False

    # Keeping
    storage_synchronous: Literal["NORMAL", "FULL"] = "NORMAL"
    retention_days: int = Field(default=30, ge=1)
    presence_days: int = Field(default=30, ge=1)
    session_days: int = Field(default=14, ge=1)
    backup_hours: float = Field(default=1.0, ge=0)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    # Tests only
    faults: str = ""

    @field_validator("*", mode="before")
    @classmethod
    def _blank_means_default(cls, value: object, info: object) -> object:
        # A line such as "SOUNDFONT=" in .env says "not set", not "the empty path".
        if isinstance(value, str) and not value.strip():
            field = cls.model_fields[info.field_name]  # type: ignore[attr-defined]
            return field.get_default()
        return value

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.data_dir / "segno.db"

    @property
    def pieces_dir(self) -> Path:
        """The folder that holds one folder per piece."""
        return self.data_dir / "pieces"

    @property
    def styles_dir(self) -> Path:
        """The folder of learned styles: one folder per owner, with one folder per style."""
        return self.data_dir / "styles"

    @property
    def taste_dir(self) -> Path:
        """The folder of fitted taste models."""
        return self.data_dir / "taste"

    @property
    def backups_dir(self) -> Path:
        """The folder of database copies."""
        return self.data_dir / "backups"
