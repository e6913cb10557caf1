"""Settings: read once from the environment (and a `.env` beside it), all that is wrong reported at once."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROMPTS = Path(__file__).parents[2] / "prompts"
"""The content that is shipped."""
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_KEY = re.compile("[A-Za-z0-9_-]{43}=")
"""32 bytes, as `storage.sealed` takes them."""


class Settings(BaseSettings):
    """Every setting of the bot; the README lists them."""

    model_config = SettingsConfigDict(env_prefix="JPD_", env_file=".env", extra="ignore", frozen=True)

    database_url: str = Field(
        default="sqlite+aiosqlite:///jpd.sqlite", description="SQLite or PostgreSQL, as SQLAlchemy writes it"
    )
    host: str = Field(default="127.0.0.1", description="Address `jpd serve` listens on")
    port: int = Field(default=3978, ge=0, le=65535, description="Port `jpd serve` listens on")
    prompts: Path = Field(default=PROMPTS, description="Folder of the content")
    tick_seconds: int = Field(
        default=10, ge=1, le=3600, description="How often `jpd work` looks for what is due"
    )
    stop_seconds: int = Field(
        default=30, ge=0, le=3600, description="How long a stopping worker may finish what is under way"
    )
    embedded_worker: bool | None = Field(
        default=None, description="Whether `jpd serve` works as well; where not set, on SQLite it does"
    )
    ledger_days: int = Field(
        default=400, ge=30, le=36_500, description="Days after which the ledger forgets a closed cycle"
    )
    metrics_port: int | None = Field(
        default=None, ge=0, le=65535, description="Where /metrics is for Prometheus, on the same address"
    )
    log_json: bool = Field(default=False, description="Logs as JSON lines instead of text")
    secret_keys: SecretStr | None = Field(
        default=None, description="Keys that seal tokens in the store, with commas between; the first seals"
    )
    slack_client_id: str | None = Field(default=None, description="Of the Slack app, for many workspaces")
    slack_client_secret: SecretStr | None = Field(default=None, description="The same")
    slack_signing_secret: SecretStr | None = Field(
        default=None, description="Of the Slack app: proves that a request is Slack's"
    )
    slack_bot_token: SecretStr | None = Field(
        default=None, description="Instead of the client's two, for one workspace"
    )
    slack_app_token: SecretStr | None = Field(
        default=None, description="Instead of the signing secret, for Socket Mode in one workspace"
    )
    slack_api_url: str = Field(
        default="https://slack.com/api/", description="Slack's Web API, or an emulator's"
    )

    teams_app_id: str | None = Field(default=None, description="Of the Teams bot: its Entra application's id")
    teams_app_password: SecretStr | None = Field(
        default=None, description="Its secret; without one an Azure managed identity signs in"
    )
    teams_managed_identity: bool = Field(
        default=False, description="The bot signs in as the managed identity of the machine in Azure"
    )
    teams_tenant_id: str | None = Field(default=None, description="The home tenant: where it is registered")
    teams_openid_url: str = Field(
        default="https://login.botframework.com/v1/.well-known/openidconfiguration",
        description="Microsoft's signing keys, or a sovereign cloud's",
    )
    teams_login_url: str = Field(
        default="https://login.microsoftonline.com",
        description="Where the bot signs in, or a sovereign cloud's",
    )
    teams_anonymous: bool = Field(
        default=False, description="Believe anybody: on loopback, for Microsoft's playground"
    )
    public_url: str | None = Field(
        default=None,
        description="Where `jpd serve` is reached by HTTPS: charts in Teams are shown from there",
    )
    slack_per_second: float = Field(
        default=3.0, gt=0, le=1000, description="Messages a second that a Slack workspace takes"
    )
    teams_per_second: float = Field(
        default=20.0, gt=0, le=1000, description="Messages a second that a Teams tenant takes"
    )

    @field_validator("database_url")
    @classmethod
    def _is_known(cls, url: str) -> str:
        if not url.startswith(("sqlite", "postgres")):
            raise ValueError(
                "neither SQLite nor PostgreSQL: write sqlite+aiosqlite:///… or postgresql+psycopg://…"
            )
        return url

    @field_validator("slack_api_url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        if not url.startswith(("https://", "http://")):
            raise ValueError("not an address: write https://…")
        return url if url.endswith("/") else f"{url}/"

    @field_validator("teams_openid_url", "teams_login_url", "public_url")
    @classmethod
    def _is_secure(cls, url: str | None) -> str | None:
        if url and not url.startswith(("https://", *(f"http://{each}" for each in _LOOPBACK))):
            raise ValueError("not a secure address: write https://…")
        return url.rstrip("/") if url else None

    @field_validator("public_url")
    @classmethod
    def _is_bare(cls, url: str | None) -> str | None:
        parts = urlsplit(url or "https://none")
        if (
            not parts.hostname
            or parts.username is not None
            or parts.query
            or parts.fragment
            or "?" in parts.path
        ):
            raise ValueError("not the bare address of a host: write https://jpd.example.org")
        return url


@dataclass(frozen=True, slots=True)
class Slack:
    """What is needed to speak with Slack: for many workspaces a client, for one its token."""

    api_url: str
    signing_secret: str
    bot_token: str
    app_token: str
    client_id: str
    client_secret: str


def slack(read: Settings) -> Slack | None:
    """Slack's settings, or None where there are none. Raises `SettingsError` naming what is missing."""
    secrets = {
        name: _plain(getattr(read, f"slack_{name}"))
        for name in ("client_id", "client_secret", "signing_secret", "bot_token", "app_token")
    }
    if not any(secrets.values()):
        return None
    is_single = bool(secrets["bot_token"] or secrets["app_token"])
    wanted = ["bot_token"] if is_single else ["client_id", "client_secret", "signing_secret"]
    wanted += ["signing_secret"] if is_single and not secrets["app_token"] else []
    wrong = [f"JPD_SLACK_{name.upper()}: missing" for name in wanted if not secrets[name]]
    if is_single and (secrets["client_id"] or secrets["client_secret"]):
        wrong.append("JPD_SLACK_CLIENT_ID: for many workspaces, beside the settings of one: unset either")
    if not is_single and not _plain(read.secret_keys):
        wrong.append("JPD_SECRET_KEYS: missing, and tokens are never kept unsealed: jpd keys new makes one")
    if wrong:
        raise SettingsError("\n".join(wrong))
    return Slack(api_url=read.slack_api_url, **secrets)


@dataclass(frozen=True, slots=True)
class Teams:
    """What is needed to speak with Teams; without an app id anybody is believed, on loopback."""

    app_id: str
    password: str
    tenant: str
    openid_url: str
    login_url: str
    public_url: str


def teams(read: Settings) -> Teams | None:
    """Teams' settings, or None where there are none. Raises `SettingsError` naming what is missing."""
    app_id, password, tenant = map(_plain, (read.teams_app_id, read.teams_app_password, read.teams_tenant_id))
    if not (app_id or password or tenant or read.teams_managed_identity or read.teams_anonymous):
        return None
    wrong = [] if read.teams_anonymous else _missing_for_teams(read, app_id, password, tenant)
    if read.teams_anonymous and (app_id or password):
        wrong.append("JPD_TEAMS_ANONYMOUS: believes anybody, beside a real bot: unset either")
    if read.teams_anonymous and read.host not in _LOOPBACK:
        wrong.append("JPD_TEAMS_ANONYMOUS: believes anybody, so JPD_HOST must be 127.0.0.1")
    if wrong:
        raise SettingsError("\n".join(wrong))
    return Teams(
        app_id, password, tenant, read.teams_openid_url, read.teams_login_url, _plain(read.public_url)
    )


def _missing_for_teams(read: Settings, app_id: str, password: str, tenant: str) -> list[str]:
    named = {"APP_ID": app_id, "TENANT_ID": tenant}
    if not read.teams_managed_identity:
        named["APP_PASSWORD"] = password
    wrong = [f"JPD_TEAMS_{name}: missing" for name, value in named.items() if not value]
    if read.teams_managed_identity and password:
        wrong.append("JPD_TEAMS_APP_PASSWORD: a managed identity has none: unset either")
    if read.public_url and not _plain(read.secret_keys):
        wrong.append(
            "JPD_SECRET_KEYS: missing, and the addresses of charts are sealed: jpd keys new makes one"
        )
    return wrong


def keys(read: Settings) -> tuple[str, ...]:
    """The keys that seal and open what is secret in the store. Raises `SettingsError` where there is none."""
    found = tuple(key.strip() for key in _plain(read.secret_keys).split(",") if key.strip())
    if not found:
        raise SettingsError("JPD_SECRET_KEYS: missing: jpd keys new makes one")
    if not all(_KEY.fullmatch(key) for key in found):
        raise SettingsError("JPD_SECRET_KEYS: one of them is no key: jpd keys new makes one")
    return found


def _plain(setting: SecretStr | str | None) -> str:
    return setting.get_secret_value() if isinstance(setting, SecretStr) else setting or ""


class SettingsError(Exception):
    """What is wrong with the settings, a line each: names and reasons, never values."""


def read() -> Settings:
    """The settings of this process. Raises `SettingsError` with everything that is wrong."""
    try:
        return Settings()
    except ValidationError as wrong:
        lines = [
            f"JPD_{str(each['loc'][0]).upper()}: {each['msg'].removeprefix('Value error, ')}"
            for each in wrong.errors(include_input=False)
        ]
        raise SettingsError("\n".join(lines)) from None


def real_tokens() -> tuple[str, ...]:
    """Names of settings in the environment that reach a real Slack or Teams: never beside the playground."""
    return tuple(
        sorted(
            name for name in os.environ if name.startswith(("JPD_SLACK_", "JPD_TEAMS_")) and os.environ[name]
        )
    )
