"""A chat platform, as the command line connects it: one folder under `adapters`, and one line in `PLATFORMS`.

`docs/add-a-platform.md` shows how to write one, with a small platform as its example.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from adapters.chat.settings import Deployment, PlatformSettings, public_address

if TYPE_CHECKING:
    from aiohttp.web import RouteDef

    from adapters.chat.in_time import RealTime
    from adapters.chat.received import VoiceOf
    from adapters.chat.watch import Watch
    from bot.message import Message
    from bot.ports import Directory, Handle, Messenger
    from bot.prompts import Voice

S = TypeVar("S", bound=PlatformSettings)


class TokenStore(Protocol):
    """A platform's tokens by workspace, sealed in the store, and who is about to install the bot."""

    async def save(self, workspace: str, token: str, *, name: str, now: datetime) -> None:
        """Store the token of a workspace (called `name` there) in place of an earlier one."""

    async def token(self, workspace: str) -> str | None:
        """Return the token of a workspace; None if there is none, or if its key is lost."""

    async def delete(self, workspace: str) -> None:
        """Delete the token of a workspace."""

    async def newest(self, limit: int) -> Sequence[tuple[str, str]]:
        """Return name and token of the workspaces that installed last."""

    async def begin_install(self, state: str, expires_at: datetime) -> None:
        """Store a state with which somebody sets out to install."""

    async def installs_begun(self, now: datetime) -> int:
        """Return how many states are stored that have not expired."""

    async def end_install(self, state: str, now: datetime) -> bool:
        """Delete a state; True if it was there and has not expired, so once at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """Everything that a platform is given."""

    handle: Handle
    """Takes an event and returns the reply to it."""
    voice_of: VoiceOf
    voice: Voice
    """For pages and manifests, which nobody in particular reads."""
    now: Callable[[], datetime]
    tokens: TokenStore
    watch: Watch
    """Notes what the platform does, for `jpd doctor` and for coordinators."""
    admit: Callable[[str], Awaitable[None]]
    """Lets the only workspace in for all schools, if there is one partnership."""
    deployment: Deployment
    real_time: RealTime | None = None
    """A test's own; None for the platform's limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A connected platform. Its messenger sends; the rest is for a process that also listens."""

    messenger: Messenger
    directory: Directory
    routes: Sequence[RouteDef] = ()
    close: Callable[[], Awaitable[None]] | None = None
    """Finishes what is under way when the process stops."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding of `jpd doctor`: the text `doctor.<key>` says what it is, and how to fix it."""

    key: str
    facts: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestOptions:
    """The options of `jpd manifest`; a platform takes those that it needs."""

    url: str = ""
    about: str = ""
    app_id: str = ""
    socket: bool = False


@dataclass(frozen=True, slots=True)
class Manifest:
    """A description of the bot for a platform: a text to print, or a file to write."""

    content: str | bytes
    file: str = ""
    """The usual name of the file."""
    version: str = ""
    """The version of the app, if the platform knows versions: `jpd doctor` finds one that is older."""


class OptionsMissing(Exception):
    """The manifest needs other options; `platform.<name>-manifest` says which.

    A message says what is wrong with an option that was given, in the form `--option: reason`.
    """


def required_address(option: str, url: str) -> str:
    """Return the bare public address that was typed for an option. Raises `OptionsMissing`."""
    if not url:
        raise OptionsMissing
    try:
        return public_address(url)
    except ValueError as wrong:
        raise OptionsMissing(f"{option}: {wrong}") from None


class Platform(Protocol[S]):
    """A chat platform."""

    @property
    def name(self) -> str:
        """The platform in addresses, and in the keys of its texts."""

    @property
    def settings(self) -> type[S]:
        """The class of the platform's settings."""

    async def connect(self, settings: S, core: Core, opened: AsyncExitStack, *, serving: bool) -> Connected:
        """Connect with the platform; what must be closed in the end is entered into `opened`.

        Only a process that is `serving` listens. Raises `SettingsError` if the platform refuses a setting.
        """

    def examine(self, settings: S, tokens: TokenStore | None, seconds: float, /) -> AsyncIterator[Finding]:
        """Yield what is wrong with the settings or the tokens, waiting at most `seconds` for each answer.

        `tokens` is None if the store or its keys cannot be used.
        """

    def manifest(self, voices: Mapping[str, Voice], options: ManifestOptions) -> Manifest:
        """Return the manifest; the first voice is the app's own. Raises `OptionsMissing`."""

    def preview(self, message: Message) -> str:
        """Return the message as the platform would get it."""
