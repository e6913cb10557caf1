"""Settings as every part of the bot reads them: from the environment, and from a `.env` beside it."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_KEY = re.compile("[A-Za-z0-9_-]{43}=")
"""32 bytes, in the form that `cryptography.fernet` takes."""
NOBODY_APP = "00000000-0000-0000-0000-000000000000"
"""The id that documents write in the place of a real one."""
_PRIVATE_NAMES = (
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "arpa",
    "localdomain",
)
"""The ends of names that only a private network knows."""


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

    @property
    def hears_events(self) -> bool:
        """True if the platform brings events by itself, so that none at all is a fault."""
        return False

    @property
    def app_version(self) -> str:
        """The version of the app that the manifest makes now, if the platform knows versions."""
        return ""

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


def public_address(url: str) -> str:
    """Return the bare HTTPS address of a host that everybody can reach, without a final slash.

    Raises `ValueError` with the reason, which never repeats the address: it may hold a password.
    """
    if not re.match("https://", url, re.IGNORECASE):
        raise ValueError("not a secure address: write https://…")
    parts = _parts(url)
    host = (parts.hostname or "").rstrip(".")
    if parts.username is not None or "@" in parts.netloc:
        raise ValueError("holds a name or a password: write https:// and the host alone")
    if "?" in url or "#" in url:
        raise ValueError("not the bare address of a host: leave out everything from ? or # on")
    if not host or re.search(r"[\s\\<>\"'{}|^`\x00-\x1f\x7f]", url):
        raise ValueError("not the bare address of a host: write https://jpd.example.org")
    if not _is_public(host):
        raise ValueError("an address that only this machine or its own network can reach: name a public host")
    return f"https://{url[len('https://') :]}".rstrip("/")


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for a port that is none
    except ValueError:
        raise ValueError("not the bare address of a host: write https://jpd.example.org") from None
    return parts


def _is_public(host: str) -> bool:
    address = _ip_address(host)
    if address is not None:
        return address.is_global and not address.is_multicast
    name = host.casefold()
    return "." in name and not name.endswith(tuple(f".{end}" for end in _PRIVATE_NAMES))


def _ip_address(host: str) -> IPv4Address | IPv6Address | None:
    """Return the host as an IP address, however it is written: `127.1` and `0x7f.1` are 127.0.0.1, too."""
    try:
        address = ip_address(host)
    except ValueError:
        try:
            return IPv4Address(socket.inet_aton(host))
        except (OSError, UnicodeEncodeError):
            return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
