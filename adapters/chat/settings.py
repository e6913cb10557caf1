"""Settings as every part of the bot reads them: from the environment, and from a `.env` beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_KEY = re.compile("[A-Za-z0-9_-]{43}=")
"""32 bytes, in the form that `cryptography.fernet` takes."""


class SettingsError(Exception):
    """Something is wrong with the settings: one line each, with names and reasons, never values."""


class EnvironmentSettings(BaseSettings):
    """Settings that are read from the environment; a subclass gives the prefix of their names."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)


class PlatformSettings(EnvironmentSettings):
    """The settings that every platform has; a subclass adds its own."""

    per_second: float = Field(
        default=1.0, gt=0, le=1000, description="Messages a second that one workspace takes"
    )

    @property
    def is_wanted(self) -> bool:
        """True if the operator has named this platform by a setting of it."""
        return bool(self.model_fields_set)

    @property
    def needs_codes(self) -> bool:
        """True if each school's workspace has to be let in by a code."""
        return False

    def problems(self, deployment: Deployment) -> list[str]:  # noqa: ARG002  # for subclasses
        """Return what is missing or contradictory, in the form `NAME: reason`."""
        return []


@dataclass(frozen=True, slots=True)
class Deployment:
    """The settings of the whole bot that a platform may need."""

    host: str = "127.0.0.1"
    public_url: str = ""
    """The HTTPS address at which `jpd serve` is reached, if one is set."""
    secret_keys: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that seal secrets, or none. Raises `SettingsError` if one of them is malformed."""
        found = tuple(key.strip() for key in self.secret_keys.split(",") if key.strip())
        if not all(_KEY.fullmatch(key) for key in found):
            raise SettingsError("JPD_SECRET_KEYS: one of them is no key: jpd keys new makes one")
        return found


S = TypeVar("S", bound=EnvironmentSettings)
P = TypeVar("P", bound=PlatformSettings)


def read_settings(kind: type[S]) -> S:
    """Return the settings of this process. Raises `SettingsError` with everything that is wrong."""
    try:
        return kind()
    except ValidationError as wrong:
        lines = [
            f"{name_of(kind, str(each['loc'][0]))}: {each['msg'].removeprefix('Value error, ')}"
            for each in wrong.errors(include_input=False)
        ]
        raise SettingsError("\n".join(lines)) from None


def read_platform(kind: type[P], deployment: Deployment) -> P | None:
    """Return a platform's settings, or None if it is not wanted. Raises `SettingsError` if they are not whole."""
    found = read_settings(kind)
    if not found.is_wanted:
        return None
    if problems := found.problems(deployment):
        raise SettingsError("\n".join(problems))
    return found


def name_of(kind: type[EnvironmentSettings], field: str) -> str:
    """Return the name of a setting in the environment."""
    return f"{kind.model_config.get('env_prefix', '')}{field}".upper()


def checked_address(url: str) -> str:
    """Return an HTTPS address, or one on this machine, without a final slash. Raises `ValueError`."""
    if url and not url.startswith(("https://", *(f"http://{each}" for each in LOOPBACK))):
        raise ValueError("not a secure address: write https://…")
    return url.rstrip("/")
