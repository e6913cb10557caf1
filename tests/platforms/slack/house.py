"""The whole bot with a fake Slack and a real store, over HTTP: two schools in two workspaces."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from aiohttp import ClientSession, ClientTimeout, web

from adapters.chat.in_time import RealTime
from adapters.chat.watch import Watch
from adapters.rosters import SentFileReader
from adapters.server.web import application, listening
from adapters.slack import app, install
from adapters.slack.api import Api
from adapters.slack.messenger import PLATFORM, SlackMessenger
from bot.conversation.handler import EventHandler
from bot.events import Event, Removed
from bot.message import Message
from bot.model import Address, Delivery, Member
from bot.ports import Directory
from bot.prompts import Prompts, Voice
from bot.use_cases import workspaces
from bot.worker import delivery
from storage.notes import StoredNotes
from storage.secrets import Seal, new_key
from storage.store import SqlStore
from storage.tokens import StoredTokens
from tests.journeys.town import COORDINATOR, plain, roster_of
from tests.platforms.patience import ManualPatience, Pauses
from tests.platforms.slack import reading
from tests.platforms.slack.fake import FakeSlack, running_slack
from tests.platforms.slack.world import Line
from tests.support.places import PROMPTS

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
OAK, ELM = "T0OAK", "T0ELM"
ANN, SIAN, BEA, CAT, DAN = "U0ANN", "U0SIAN", "U0BEA", "U0CAT", "U0DAN"
TEACHERS = {"Oak": ["Ann Ash", "Bea Birch"], "Elm": ["Cat Cox", "Dan Dove"]}
PEOPLE = {ANN: (OAK, "Ann Ash"), SIAN: (OAK, COORDINATOR), BEA: (OAK, "Bea Birch"),
          CAT: (ELM, "Cat Cox"), DAN: (ELM, "Dan Dove")}  # fmt: skip


@cache
def prompts() -> Prompts:
    """Return the content as it is shipped."""
    return Prompts.load(PROMPTS)


def email(name: str) -> str:
    """Return the e-mail address on the roster."""
    return f"{name.replace(' ', '.').casefold()}@example.org"


@dataclass
class House:
    """The running bot and everything that a test observes or changes."""

    slack: FakeSlack
    store: SqlStore
    installations: StoredTokens
    messenger: SlackMessenger
    connection: app.SlackApp
    patience: ManualPatience
    pauses: Pauses
    now: datetime
    url: str = ""

    async def beat(self, *, after: timedelta = timedelta()) -> int:
        """Run a heartbeat, some time later."""
        self.now += after
        carriers, directories = {PLATFORM: self.messenger}, {PLATFORM: self.messenger}
        return await delivery.run(self.store, prompts(), carriers, self.now, directories)

    async def let_in(self, team: str, school: str, token: str = "") -> None:
        """Install the app in a workspace, with a token that Slack knows already, and admit it for a school."""
        if token:
            await self.installations.save(team, token, name=team, now=self.now)
        async with self.store.transaction() as tx:
            partnership = await tx.schools.partnership_named("Town")
            assert partnership is not None
            schools = [each for each in await tx.schools.of(partnership.id) if each.name == school]
            await workspaces.admit(tx, PLATFORM, team, schools, self.now)

    async def code(self, school: str = "Oak", *, partnership: str = "Town", asks: bool = True) -> str:
        """Make a code, as `jpd code` does; without `asks`, as with `--without-asking`."""
        async with self.store.transaction() as tx:
            found = await tx.schools.partnership_named(partnership)
            assert found is not None
            [wanted] = [each for each in await tx.schools.of(found.id) if each.name == school]
            return await workspaces.make_code(tx, wanted, self.now, asks=asks)

    async def invite(self, *, starts: timedelta = timedelta(days=14)) -> None:
        """Let the coordinator make a cycle and invite everybody; nothing is sent before the next heartbeat."""
        await self.slack.command(OAK, SIAN, "start")
        day = (self.now + starts).date().isoformat()
        values = {"pack": "peer-visit-2wk", "starts_on": day, "goal": "Every child is heard"}
        await self.slack.submit(OAK, SIAN, values)
        await self.slack.press(OAK, SIAN, label="Invite 4 teachers")

    async def ledger(self) -> dict[str, Delivery]:
        """Return the newest cycle's deliveries by name, for each member the last one."""
        async with self.store.transaction() as tx:
            partnership = await tx.schools.partnership_named("Town")
            assert partnership is not None
            cycle = await tx.cycles.last(partnership.id)
            assert cycle is not None
            names = {each.id: each.name for each in await tx.members.of(partnership.id)}
            return {names[each.member_id]: each for each in await tx.deliveries.of_cycle(cycle.id)}

    async def member(self, name: str) -> Member:
        async with self.store.transaction() as tx:
            [found] = await tx.members.by_email(email(name))
            return found

    async def address_of(self, name: str) -> Address | None:
        """Return the address to which the bot would send."""
        member = await self.member(name)
        async with self.store.transaction() as tx:
            return await tx.members.address_of(member.id)

    def read(self, line: Line) -> Message:
        """Return a line as its reader sees it."""
        return reading.line(line, self.slack.files)

    def seen(self, team: str, person: str) -> list[str]:
        """Return all messages of the bot in a person's chat, as text."""
        return [plain(self.read(each)) for each in self.slack.conversation(team, person) if each.by_app]

    def last(self, team: str, person: str) -> str:
        return self.seen(team, person)[-1]


@asynccontextmanager
async def running_house(  # what a test may turn
    database_url: str,
    *,
    waits: Sequence[float] = (0, 0),
    seconds: float = 20,
    wrap: type[SqlStore] = SqlStore,
    bare: bool = False,
) -> AsyncIterator[House]:
    """Run the bot. `bare`: it is installed nowhere. `seconds`: the time limit of a call to Slack."""
    store = wrap(database_url, durable=False)
    async with running_slack() as slack, ClientSession(timeout=ClientTimeout(total=seconds)) as session:
        house = await _house(store, slack, session, waits=waits)
        try:
            routes = [*house.connection.routes, *_installing(house, session)]
            served = application(routes, voice=prompts().voice("en"), closing=[house.connection.close])
            async with listening(served, "127.0.0.1", 0) as port:
                house.url = f"http://127.0.0.1:{port}"
                slack.connect_app(f"{house.url}/slack/events", SECRET)
                slack.installs.redirects = (f"{house.url}/slack/oauth",)
                await _furnish(house, bare=bare)
                yield house
        finally:
            await store.close()


async def _house(
    store: SqlStore, slack: FakeSlack, session: ClientSession, *, waits: Sequence[float]
) -> House:
    directories: dict[str, Directory] = {}
    reader = SentFileReader(prompts())
    handle = EventHandler(store, prompts(), directories, hold=timedelta(), reader=reader).handle
    patience, pauses = ManualPatience(), Pauses()
    api = Api(session, slack.api_url)
    installations = StoredTokens(store, Seal([new_key()]), PLATFORM)

    async def removed(workspace: str) -> None:
        sender = Address(PLATFORM, workspace, "")
        await handle(Event(id=f"removed:{new_key()}", at=house.now, sender=sender, what=Removed()))

    watch = Watch(StoredNotes(store, PLATFORM), lambda: house.now)
    messenger = SlackMessenger(api, installations, removed, rests=watch.rests, picture_retry_seconds=waits)
    directories[PLATFORM] = messenger

    async def english(_: Address) -> Voice:
        return prompts().voice("en")

    connection = app.SlackApp(
        api,
        messenger,
        handle,
        english,
        lambda: house.now,
        signing_secret=SECRET,
        watch=watch,
        real_time=RealTime(patience, pauses),
    )
    house = House(slack, store, installations, messenger, connection, patience, pauses, MONDAY)
    return house


def _installing(house: House, session: ClientSession) -> Sequence[web.RouteDef]:
    slack = house.slack
    client = {"client_id": slack.installs.client_id, "client_secret": slack.installs.client_secret}
    return install.connect(
        Api(session, slack.api_url), house.installations, house.connection.take, prompts().voice("en"),
        lambda: house.now, **client,
    )  # fmt: skip


async def _furnish(house: House, *, bare: bool) -> None:
    """Add schools with their people, and the same people on Slack."""
    async with house.store.transaction() as tx:
        made = await tx.schools.add_partnership("Town")
        await tx.schools.apply(made.id, roster_of(TEACHERS, principals=True), house.now)
        for each in await tx.schools.of(made.id):
            await tx.schools.set_calendar(each.id, (), {})
    for team, school in ((OAK, "Oak"), (ELM, "Elm")):
        token = "" if bare else f"xoxb-{team}"
        house.slack.add_workspace(team, school, token=token)
        if not bare:
            await house.let_in(team, school, token)
    for user, (team, name) in PEOPLE.items():
        house.slack.add_person(team, user, email(name), name=name)
