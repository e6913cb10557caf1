"""The settings of the whole bot; each platform adds its own."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic.fields import FieldInfo

from adapters.chat.settings import (
    Deployment,
    EnvironmentSettings,
    SettingsError,
    name_of,
    public_address,
    read_settings,
)
from adapters.cli.platforms import PLATFORMS, AnyPlatform

PROMPTS = Path(__file__).parents[2] / "prompts"
"""The content that is shipped."""
EVERYWHERE = "0.0.0.0"  # noqa: S104  # a host that gives a port reaches the bot from outside this machine
FOR_TESTS = {"JPD_TEST_DATABASE_URL", "JPD_CRASH"}
"""Names that only tests read."""


class Settings(EnvironmentSettings, env_prefix="JPD_"):
    """The settings that do not belong to one platform."""

    database_url: str = Field(
        default="sqlite+aiosqlite:///jpd.sqlite",
        description="The shared store: SQLite for one machine, or `postgresql+psycopg://…`; where a host gives "
        "`DATABASE_URL`, that one",
    )
    database_connections: int = Field(
        default=10,
        ge=1,
        le=1_000,
        description="The most connections to PostgreSQL that one process opens",
    )
    database_prepares: bool | None = Field(
        default=None,
        description="Whether statements are prepared on PostgreSQL. Where it is not set: unless a pooler such as "
        "PgBouncer is found before it",
    )
    host: str = Field(
        default="127.0.0.1",
        description="The address on which `jpd serve` listens; where a host gives `PORT`, all of them",
    )
    port: int = Field(
        default=3978,
        ge=0,
        le=65535,
        description="The port on which `jpd serve` listens; where a host gives `PORT`, that one",
    )
    public_url: str = Field(
        default="",
        description="Where `jpd serve` is reached by HTTPS: charts in Teams are shown from there",
    )
    contact: str = Field(
        default="",
        max_length=200,
        description="Who runs the bot and how to reach them: stands on its pages `/about`, `/privacy` and `/terms`",
    )
    prompts: Path = Field(default=PROMPTS, description="The folder of the content")
    tick_seconds: int = Field(
        default=10, ge=1, le=3600, description="How often `jpd work` looks for what is due"
    )
    stop_seconds: int = Field(
        default=30, ge=0, le=3600, description="How long a stopping worker may finish what is under way"
    )
    embedded_worker: bool | None = Field(
        default=None,
        description="Whether `jpd serve` sends what is due as well. Where it is not set, on SQLite it does",
    )
    hold_minutes: int = Field(
        default=10,
        ge=0,
        le=1440,
        description="How many minutes of the school's day typed text waits before it goes to a partner",
    )
    ledger_days: int = Field(
        default=400,
        ge=30,
        le=36_500,
        description="How many days after a cycle was closed the ledger forgets what became of its messages",
    )
    metrics_port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="A port on which `jpd serve` or `jpd work` has `/metrics` for Prometheus, and its health",
    )
    log_json: bool = Field(default=False, description="Logs as JSON lines")
    secret_keys: SecretStr = Field(
        default=SecretStr(""),
        description="Keys that seal tokens in the store, with commas between: the first seals, all open. "
        "`jpd keys new` makes one",
    )

    @model_validator(mode="before")
    @classmethod
    def _take_what_the_host_gives(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Take `PORT` and `DATABASE_URL`, which hosts of web applications set; the bot's own settings win."""
        port, database = os.environ.get("PORT", ""), os.environ.get("DATABASE_URL", "")
        from_host: dict[str, Any] = {"port": port, "host": EVERYWHERE} if port else {}
        from_host |= {"database_url": database} if database else {}
        return {**from_host, **given}

    @field_validator("database_url")
    @classmethod
    def _is_known(cls, url: str) -> str:
        if not url.startswith(("sqlite", "postgres")):
            raise ValueError(
                "neither SQLite nor PostgreSQL: write sqlite+aiosqlite:///… or postgresql+psycopg://…"
            )
        if url.startswith("postgres"):
            from storage.drivers.engines import parse_url

            parse_url(url)
        return url

    @field_validator("public_url")
    @classmethod
    def _is_bare(cls, url: str) -> str:
        return public_address(url) if url else ""

    @property
    def deployment(self) -> Deployment:
        """The part that platforms may need."""
        return Deployment(self.host, self.public_url, self.secret_keys.get_secret_value())


def read(platforms: Sequence[AnyPlatform] = PLATFORMS) -> Settings:
    """Return the settings of this process. Raises `SettingsError` with all that is wrong, in a platform's too."""
    wrong = []
    for platform in platforms:
        try:
            read_settings(platform.settings)
        except SettingsError as error:
            wrong.append(str(error))
    try:
        found = read_settings(Settings)
    except SettingsError as error:
        raise SettingsError("\n".join([str(error), *wrong])) from None
    if wrong:
        raise SettingsError("\n".join(wrong))
    return found


def keys(read: Settings) -> tuple[str, ...]:
    """Return the keys that seal secrets in the store. Raises `SettingsError` if there is none."""
    found = read.deployment.keys
    if not found:
        raise SettingsError("JPD_SECRET_KEYS: missing: jpd keys new makes one")
    return found


class Row(NamedTuple):
    """One setting, as documents list it."""

    name: str
    default: str
    description: str


def rows() -> Iterator[Row]:
    """Yield every setting: the bot's first, then each platform's."""
    kinds: list[type[EnvironmentSettings]] = [Settings, *(each.settings for each in PLATFORMS)]
    for kind in kinds:
        for field, info in kind.model_fields.items():
            yield Row(name_of(kind, field), _default(info), info.description or "")


def _default(field: FieldInfo) -> str:
    value: Any = field.default
    if value is PROMPTS:
        return "the folder `prompts`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    is_empty = value is None or (isinstance(value, str | SecretStr) and not len(value))
    return "none" if is_empty else f"`{value}`"


def unknown_names(environment: Collection[str]) -> tuple[str, ...]:
    """Return the names that look like settings of the bot, and are none."""
    known = {row.name for row in rows()} | FOR_TESTS
    return tuple(sorted(name for name in environment if name.startswith("JPD_") and name not in known))


def real_tokens() -> tuple[str, ...]:
    """Return the settings in the environment that reach a real platform: never beside the playground."""
    prefixes = tuple(name_of(each.settings, "") for each in PLATFORMS)
    return tuple(sorted(name for name in os.environ if name.startswith(prefixes) and os.environ[name]))
