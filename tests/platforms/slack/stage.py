"""The set-up of a fake Slack, its planned faults, and what people see there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from aiohttp import ClientSession

from tests.platforms.slack.installs import Installer, Installs
from tests.platforms.slack.mishaps import Mishap, Mishaps
from tests.platforms.slack.wire import Wire
from tests.platforms.slack.world import Channel, Json, Line, Modal, Person, Token, Upload, Workspace, World

SCOPES = (
    "app_mentions:read,channels:read,chat:write,commands,files:read,files:write,groups:read,im:history,im:write,"
    "mpim:write,team:read,users:read,users:read.email"
)
"""The scopes that a workspace grants unless a test says otherwise."""


class Stage:
    """A fake Slack, set up and observed by a test."""

    def __init__(self, session: ClientSession) -> None:
        self.world = World()
        self.installs = Installs()
        self.mishaps = Mishaps()
        self.wire = Wire(self.world, session)
        self.session = session

    def connect_app(self, url: str, signing_secret: str) -> None:
        """Set the address of the app's `POST /slack/events`; without one Slack uses Socket Mode."""
        self.wire.url, self.wire.secret = url, signing_secret

    def add_workspace(
        self, team: str, name: str = "", *, enterprise: str = "", token: str = "", scopes: str = SCOPES
    ) -> Workspace:
        """Add a workspace; with a token the app is installed in it. No team: the token is a whole organisation's."""
        made = Workspace(id=team, name=name or team, enterprise=enterprise)
        if team:
            self.world.workspaces[team] = made
            self.world.people.setdefault(made.bot, Person(id=made.bot, team=team, name="JPD", is_bot=True))
        if token:
            self.add_token(token, team, enterprise=enterprise, scopes=scopes)
        return made

    def add_token(self, token: str, team: str, *, enterprise: str = "", scopes: str = SCOPES) -> Token:
        """Add a token of the app."""
        found = self.world.workspaces.get(team)
        wide = enterprise or (found.enterprise if found else "")
        kept = frozenset(filter(None, scopes.split(",")))
        self.world.tokens[token] = Token(value=token, team=team, enterprise=wide, scopes=kept)
        return self.world.tokens[token]

    def add_person(
        self,
        team: str,
        user: str,
        email: str = "",
        *,
        name: str = "",
        is_bot: bool = False,
        is_guest: bool = False,
        deleted: bool = False,
        refuses: str = "",
        zone: str = "Europe/London",
    ) -> Person:
        """Add a person of that workspace. `refuses`: the error of every post to them."""
        made = Person(
            id=user, team=team, name=name or user, email=email, zone=zone,
            is_bot=is_bot, is_guest=is_guest, deleted=deleted, refuses=refuses,
        )  # fmt: skip
        self.world.people[user] = made
        return made

    def change_person(self, user: str, **changes: Any) -> Person:
        """Change a person: deactivated, renamed, refusing."""
        self.world.people[user] = replace(self.world.people[user], **changes)
        return self.world.people[user]

    def add_channel(
        self,
        team: str,
        channel: str,
        name: str,
        members: Sequence[str] = (),
        *,
        private: bool = False,
        with_bot: bool = True,
        shared: bool = False,
    ) -> Channel:
        """Add a channel with these people; `shared`: by Slack Connect."""
        inside = [*([self.world.workspace_of(team).bot] if with_bot else []), *members]
        made = self.world.open("group" if private else "channel", team, inside, name=name, id=channel)
        made.is_shared = shared
        return made

    def fail(self, method: str, *mishaps: Mishap, team: str = "") -> None:
        """Plan faults of the next calls of a method, in order; `response_url` and `upload` count as methods."""
        self.mishaps.plan(method, mishaps, team)

    def wait(self, seconds: float) -> None:
        """Let time pass in Slack: triggers, response URLs and codes expire."""
        self.world.clock.seconds += seconds

    def installing(self, team: str, user: str = "U0ADMIN", *, enterprise: str = "", error: str = "") -> None:
        """Set who sees the page with *Allow* next; `error="access_denied"` where they cancel."""
        self.installs.installer = Installer(team, user, enterprise, error)

    # --- what is seen ---------------------------------------------------------------------------------------------

    def conversation(self, team: str, user: str) -> list[Line]:
        """Return that person's chat with the bot, oldest first, and the messages that only they see elsewhere."""
        return self.world.seen(team, user)

    def channel(self, channel: str) -> list[Line]:
        """Return what everybody sees in a channel."""
        return [line for line in self.world.lines if line.channel == channel and not line.only_for]

    def posts(self, team: str = "") -> list[Line]:
        """Return everything that came by `chat.postMessage`, as it first was, with duplicates."""
        return [
            each
            for each in self.world.posts
            if each.via == "post" and team in ("", self.world.channels[each.channel].team)
        ]

    def modal(self, team: str, user: str) -> Modal | None:
        """Return the open view."""
        return self.world.modal(team, user)

    def home(self, team: str, user: str) -> Json | None:
        """Return the home tab as it was published last."""
        return self.world.homes.get((team, user))

    @property
    def files(self) -> list[Upload]:
        return list(self.world.files.values())

    @property
    def refused(self) -> list[str]:
        """Return the answers of the app that Slack could not use."""
        return self.world.refused
