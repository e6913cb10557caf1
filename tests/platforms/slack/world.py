"""The state of a fake Slack: workspaces, tokens, people, conversations, views and files, without HTTP."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

TRIGGER_SECONDS = 3
RESPONSE_SECONDS = 30 * 60
RESPONSE_USES = 5
MPIM_PEOPLE = 8
"""The most people of a group chat, with the bot."""
APP = "A0JPD"


class Refusal(Exception):
    """The answer `ok: false` with an error and more fields."""

    def __init__(self, error: str, **more: object) -> None:
        super().__init__(error)
        self.error, self.more = error, more


class Clock:
    """A clock that stands still until a test moves it, so that triggers do not expire on a slow machine."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def now(self) -> float:
        """Return the seconds of Slack's time."""
        return self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A workspace; in an Enterprise Grid it belongs to an organisation."""

    id: str
    name: str
    enterprise: str = ""

    @property
    def bot(self) -> str:
        """Return the bot's own user; the workspaces of an organisation share one."""
        return f"UBOT{self.enterprise or self.id}"

    @property
    def bot_id(self) -> str:
        return f"B{self.enterprise or self.id}"

    @property
    def domain(self) -> str:
        return self.name.casefold().replace(" ", "-") or self.id.casefold()


@dataclass(slots=True, kw_only=True)
class Token:
    """A bot's token: a workspace's, or (no team) a whole organisation's."""

    value: str
    team: str
    enterprise: str
    scopes: frozenset[str]
    gone: str = ""
    """The error of every call with this token from now on."""


@dataclass(slots=True, kw_only=True)
class Person:
    """A person, who in Slack Connect may be of another workspace than the channel."""

    id: str
    team: str
    name: str
    home_team: str = ""
    """Of an organisation with several workspaces: the one that each press names as the person's, wherever they are."""
    email: str = ""
    zone: str = "Europe/London"
    is_bot: bool = False
    is_guest: bool = False
    is_email_confirmed: bool = True
    deleted: bool = False
    refuses: str = ""
    """The error that every post to this person gets, such as `cannot_dm_bot` or `messages_tab_disabled`."""


@dataclass(slots=True, kw_only=True)
class Channel:
    """A conversation: `channel` (public), `group` (private), `im` or `mpim`."""

    id: str
    team: str
    kind: str
    name: str = ""
    members: list[str] = field(default_factory=list)
    archived: bool = False
    is_shared: bool = False
    """With another workspace, by Slack Connect."""


@dataclass(slots=True, kw_only=True)
class Line:
    """One message as it stands, or (with `only_for`) as one person alone sees it."""

    channel: str
    ts: str
    author: str
    """A person's id, the bot's too."""
    text: str
    blocks: list[Json] = field(default_factory=list)
    metadata: Json = field(default_factory=dict)
    by_app: bool = False
    edited: bool = False
    only_for: str = ""
    via: str = ""
    """The way it came: `post`, `ephemeral`, `file`, `command`, `response_url`, or empty where a person typed it."""
    files: list[str] = field(default_factory=list)
    thread: str = ""

    @property
    def payload(self) -> Json:
        """Return text and blocks, as `reading.message` takes them."""
        return {"text": self.text, "blocks": self.blocks}


@dataclass(slots=True, kw_only=True)
class Upload:
    """A file, uploaded and perhaps complete."""

    id: str
    team: str
    name: str
    length: int
    alt: str = ""
    title: str = ""
    content: bytes | None = None
    complete: bool = False
    polls: int = 0
    """The number of `files.info` calls until it is ready."""
    kind: str = ""
    """The media type of a file that a person sent."""
    moved_to: str = ""
    """The address to which a download is redirected."""

    @property
    def ready(self) -> bool:
        return self.complete and self.polls <= 0


@dataclass(slots=True, kw_only=True)
class Trigger:
    """The right to open a view, for three seconds and once."""

    team: str
    person: str
    until: float
    used: bool = False


@dataclass(slots=True, kw_only=True)
class ResponseUrl:
    """The right to answer in a conversation, five times within half an hour."""

    channel: str
    person: str
    ts: str
    """The message that may be replaced; empty for a command."""
    until: float
    uses: int = 0


@dataclass(slots=True, kw_only=True)
class Modal:
    """An open view, with its errors."""

    team: str
    person: str
    view: Json
    errors: dict[str, str] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)
    """The typed text after a submission with errors, by block."""


@dataclass(slots=True, kw_only=True)
class World:
    """The state of one Slack."""

    clock: Clock = field(default_factory=Clock)
    workspaces: dict[str, Workspace] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    posts: list[Line] = field(default_factory=list)
    """Every post of the app as it first was, with duplicates."""
    files: dict[str, Upload] = field(default_factory=dict)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict)
    modals: dict[tuple[str, str], list[Modal]] = field(default_factory=dict)
    """A person's open views, the visible one last."""
    homes: dict[tuple[str, str], Json] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    """Faults of the app that Slack would only show as *trouble connecting*."""
    polls_until_ready: int = 0
    last_number: int = 0
    last_ts: float = 0.0

    # --- making ---------------------------------------------------------------------------------------------------

    def number(self) -> int:
        """Return a number that was not used before."""
        self.last_number += 1
        return self.last_number

    def name(self, prefix: str) -> str:
        """Return a new id."""
        return f"{prefix}{self.number():08d}"

    def ts(self) -> str:
        """Return the time stamp of a new message, later than every other."""
        self.last_ts = max(self.last_ts + 0.000_1, self.clock.now())
        return f"{self.last_ts:.6f}"

    def add(self, line: Line) -> Line:
        """Add a message; those of the app are recorded in `posts` too."""
        self.lines.append(line)
        if line.by_app:
            self.posts.append(replace(line))
        return line

    def trigger(self, team: str, person: str) -> str:
        """Return a new trigger id."""
        name = f"{self.number()}.{self.number()}.{self.number():032x}"
        self.triggers[name] = Trigger(team=team, person=person, until=self.clock.now() + TRIGGER_SECONDS)
        return name

    def response_url(self, channel: str, person: str, ts: str = "") -> str:
        """Make a new response URL, and return its id."""
        name = self.name("R")
        until = self.clock.now() + RESPONSE_SECONDS
        self.response_urls[name] = ResponseUrl(channel=channel, person=person, ts=ts, until=until)
        return name

    # --- finding --------------------------------------------------------------------------------------------------

    def workspace_of(self, team: str) -> Workspace:
        if team not in self.workspaces:
            raise Refusal("team_not_found")
        return self.workspaces[team]

    def live_token(self, team: str) -> Token | None:
        """Return the token by which the app is installed: the workspace's own, or its organisation's."""
        enterprise = self.workspace_of(team).enterprise
        live = [token for token in self.tokens.values() if not token.gone]
        own = [token for token in live if token.team == team]
        wide = [token for token in live if enterprise and not token.team and token.enterprise == enterprise]
        return next(iter([*own, *wide]), None)

    def end_tokens(self, team: str, error: str) -> None:
        """Let every token for this workspace, an organisation's too, fail with that error."""
        enterprise = self.workspace_of(team).enterprise
        for token in self.tokens.values():
            if token.team == team or (enterprise and not token.team and token.enterprise == enterprise):
                token.gone = token.gone or error

    def direct(self, team: str, person: str) -> Channel:
        """Return that person's chat with the bot, opened where there is none."""
        bot = self.workspace_of(team).bot
        for channel in self.channels.values():
            if (channel.kind, channel.team, channel.members) == ("im", team, [bot, person]):
                return channel
        return self.open("im", team, [bot, person])

    def open(self, kind: str, team: str, members: Sequence[str], name: str = "", id: str = "") -> Channel:  # noqa: A002  # Slack's word
        """Add a conversation."""
        prefix = {"im": "D", "channel": "C"}.get(kind, "G")
        made = Channel(id=id or self.name(prefix), team=team, kind=kind, name=name, members=list(members))
        self.channels[made.id] = made
        return made

    def line(self, channel: str, ts: str) -> Line | None:
        return next((each for each in self.lines if (each.channel, each.ts) == (channel, ts)), None)

    def seen(self, team: str, person: str) -> list[Line]:
        """Return the messages of that person's chat with the bot, and those that only they see elsewhere."""
        direct = self.direct(team, person).id
        return [
            line
            for line in self.lines
            if (line.channel == direct and line.only_for in ("", person))
            or (line.only_for == person and self.channels[line.channel].team == team)
        ]

    def modal(self, team: str, person: str) -> Modal | None:
        stack = self.modals.get((team, person))
        return stack[-1] if stack else None

    def view(self, id: str) -> Modal | None:  # noqa: A002  # Slack's word
        """Return an open view by its id."""
        return next((each for stack in self.modals.values() for each in stack if each.view["id"] == id), None)


def as_json(value: object) -> Any:
    """Return a value as JSON, for the driver over HTTP."""
    match value:
        case Modal():
            return {**asdict(value), "id": value.view["id"]}
        case Upload():
            content = None if value.content is None else base64.b64encode(value.content).decode()
            return {**asdict(value), "content": content}
        case Line() | Workspace() | Person() | Channel():
            return asdict(value)
        case Mapping():
            return {str(key): as_json(each) for key, each in value.items()}
        case str() | int() | float() | None:
            return value
        case Iterable():
            return [as_json(each) for each in value]
        case _:
            raise TypeError(f"no JSON: {value!r}")
