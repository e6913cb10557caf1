"""The state of a fake Microsoft: tenants' people, their chats with the bot, keys, tokens and planned faults."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from tests.platforms.slack.mishaps import Mishaps

Json: TypeAlias = dict[str, Any]

APP = "11111111-2222-3333-4444-555555555555"
PASSWORD = "app-password"
HOME = "99999999-0000-0000-0000-000000000000"
BOT = f"28:{APP}"
ISSUER = "https://api.botframework.com"


@cache
def private_key(number: int) -> RSAPrivateKey:
    """Return a private key, made once a run because that takes longer than a test."""
    return generate_private_key(public_exponent=65_537, key_size=2_048)


@dataclass(slots=True)
class SigningKey:
    """A signing key of Microsoft's, or (unpublished) of somebody else."""

    kid: str
    number: int
    endorsements: tuple[str, ...] = ("msteams",)

    @property
    def public(self) -> Json:
        found: Json = RSAAlgorithm.to_jwk(private_key(self.number).public_key(), as_dict=True)
        return {**found, "kid": self.kid, "use": "sig", "endorsements": list(self.endorsements)}

    def sign(self, claims: Json) -> str:
        headers = {"kid": self.kid} if self.kid else {}
        return jwt.encode(claims, private_key(self.number), algorithm="RS256", headers=headers)


@dataclass(slots=True, kw_only=True)
class Person:
    """A person in a tenant. The bot sees an id that no other bot sees."""

    tenant: str
    id: str
    """Their account's object id."""
    name: str
    email: str = ""
    principal: str = ""
    role: str = "user"
    installed: bool = False
    blocked: bool = False

    @property
    def seen_as(self) -> str:
        return f"29:{self.tenant[:8]}-{self.id}"

    @property
    def chat(self) -> str:
        return f"a:{self.tenant[:8]}-{self.id}"


@dataclass(slots=True, kw_only=True)
class Line:
    """One message of a chat as it stands: with a card of the bot, without one of a person."""

    id: str
    chat: str
    by_bot: bool
    text: str = ""
    activity: Json = field(default_factory=dict)
    card: Json | None = None
    edited: int = 0
    fields: dict[str, str] = field(default_factory=dict)
    """The text that its reader has typed into the card's inputs and not sent."""

    @property
    def summary(self) -> str:
        return str(self.activity.get("summary") or "")


@dataclass(slots=True, kw_only=True)
class Dialog:
    """An open dialog."""

    person: str
    ref: str
    title: str
    card: Json


@dataclass(slots=True, kw_only=True)
class Call:
    """A call of the app to Microsoft."""

    what: str
    """`openid`, `keys`, `discovery`, `token`, `send`, `update`, `member`, `upload`."""
    path: str
    body: Any = None


class Gate:
    """A gate that holds calls until a test in another thread opens it, for at most half a minute."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._opened = threading.Event()
        self.opened_by_itself = False

    def pass_through(self) -> None:
        """Wait until the gate is open."""
        self.reached.set()
        if not self._opened.wait(30):
            self.opened_by_itself = True

    def open(self) -> None:
        self._opened.set()


@dataclass(slots=True, kw_only=True)
class World:
    """The state of one Microsoft."""

    people: dict[str, Person] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    posted: list[Line] = field(default_factory=list)
    """Everything that the app ever posted, with duplicates."""
    dialogs: dict[str, Dialog] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    """The addresses to which downloads of files are redirected."""
    told: list[str] = field(default_factory=list)
    """Short texts that the platform showed after a press."""
    keys: list[SigningKey] = field(default_factory=lambda: [SigningKey("key-1", 1)])
    tokens: set[str] = field(default_factory=set)
    calls: list[Call] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """Faults of the app that Teams would not take."""
    mishaps: Mishaps = field(default_factory=Mishaps)
    gates: dict[str, Gate] = field(default_factory=dict)
    """The gates of kinds of calls."""
    last_number: int = 0
    companies: set[str] = field(default_factory=set)
    """Ids of team channels and group chats that the bot is in."""

    def number(self) -> str:
        """Return the id of a new activity, unique in a chat."""
        self.last_number += 1
        return f"17600000{self.last_number:05d}"

    def person(self, who: str) -> Person:
        return self.people[who]

    def at(self, chat: str) -> Person | None:
        return next((each for each in self.people.values() if each.chat == chat), None)

    def line(self, chat: str, ref: str) -> Line | None:
        return next((each for each in self.lines if (each.chat, each.id) == (chat, ref)), None)

    def seen(self, who: str) -> list[Line]:
        """Return that person's chat with the bot, oldest first."""
        return [each for each in self.lines if each.chat == self.people[who].chat]

    def count(self, what: str) -> int:
        return sum(each.what == what for each in self.calls)


def claims(service_url: str, **changes: Any) -> Json:
    """Return the claims of a token of Microsoft's; a change to None leaves a claim out."""
    now = int(time.time())  # noqa: TID251  # Microsoft is the outside world here
    said: Json = {
        "iss": ISSUER,
        "aud": APP,
        "serviceurl": service_url,
        "nbf": now - 300,
        "exp": now + 3_600,
        **changes,
    }
    return {name: value for name, value in said.items() if value is not None}
