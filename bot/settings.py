"""Settings: read once from the environment (and a `.env` beside it), all that is wrong reported at once."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting of the bot; the README lists them."""

    model_config = SettingsConfigDict(env_prefix="JPD_", env_file=".env", extra="ignore", frozen=True)

    database_url: str = Field(
        default="sqlite+aiosqlite:///jpd.sqlite", description="SQLite or PostgreSQL, as SQLAlchemy writes it"
    )
    host: str = Field(default="127.0.0.1", description="Address `jpd serve` listens on")
    port: int = Field(default=3978, ge=0, le=65535, description="Port `jpd serve` listens on")
    prompts: Path = Field(
        default=Path(__file__).parent.parent / "prompts", description="Folder of the content"
    )
    tick_seconds: int = Field(
        default=10, ge=1, le=3600, description="How often `jpd work` looks for what is due"
    )
    log_json: bool = Field(default=False, description="Logs as JSON lines instead of text")

    @field_validator("database_url")
    @classmethod
    def _is_known(cls, url: str) -> str:
        if not url.startswith(("sqlite", "postgres")):
            raise ValueError(
                "neither SQLite nor PostgreSQL: write sqlite+aiosqlite:///… or postgresql+psycopg://…"
            )
        return url


class SettingsError(Exception):
    """What is wrong with the settings, a line each: names and reasons, never values."""


def read() -> Settings:
    """The settings of this process. Raises `SettingsError` with everything that is wrong."""
    try:
        return Settings()
    except ValidationError as wrong:
        lines = [
            f"JPD_{str(each['loc'][0]).upper()}: {each['msg']}" for each in wrong.errors(include_input=False)
        ]
        raise SettingsError("\n".join(lines)) from None


def real_tokens() -> tuple[str, ...]:
    """Names of settings in the environment that reach a real Slack or Teams: never beside the playground."""
    return tuple(
        sorted(
            name for name in os.environ if name.startswith(("JPD_SLACK_", "JPD_TEAMS_")) and os.environ[name]
        )
    )
