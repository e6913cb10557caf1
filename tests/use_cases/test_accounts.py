"""Accounts on two platforms: an e-mail address alone moves nobody; who is asked; what is kept of strangers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.conversation.handler import EventHandler
from bot.errors import UserError
from bot.events import Event, Installed, Joined, Left, Removed, Said, SentFile
from bot.message import Message
from bot.model import Account, Address, Role, School
from bot.model.roster import Roster, RosterPerson, RosterSchool
from bot.prompts import Prompts
from bot.use_cases import accounts, rosters, workspaces
from bot.worker import delivery
from storage.store import SqlStore
from tests.journeys.town import Post, buttons_of, dump, plain
from tests.support.places import PROMPTS

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
UNKNOWN, UNLINKED = "I do not know you yet", "does not belong to a partnership yet"
BOTH = pytest.mark.parametrize(("old", "new"), [("slack", "teams"), ("teams", "slack"), ("slack", "slack")])


class People:
    """A directory and a messenger: e-mail addresses by account, and what everybody has read."""

    gathers = False

    def __init__(self) -> None:
        self.emails: dict[Address, str] = {}
        self.asked: list[Address] = []

    async def email_of(self, address: Address) -> str:
        self.asked.append(address)
        return self.emails.get(address, "")

    async def named(self, workspace: str, email: str) -> Address | None:
        return None

    async def members_of(self, sender: Address, channel: str) -> tuple[Account, ...]:
        return tuple(Account(address, email) for address, email in self.emails.items())

    async def download(self, sender: Address, file: SentFile, most: int) -> bytes:
        raise UserError("file-not-opened")


class Place:
    """Schools and people on two platforms, whose clock a test moves."""

    def __init__(self, store: SqlStore, prompts: Prompts) -> None:
        self.store, self.prompts, self.now = store, prompts, MONDAY
        self.people = People()
        self.posts = {name: Post() for name in ("slack", "teams")}
        directories = {"slack": self.people, "teams": self.people}
        self._directories = directories
        self._handle = EventHandler(store, prompts, directories).handle
        self._events = 0

    def account(self, platform: str, workspace: str, user: str, email: str) -> Address:
        address = Address(platform, workspace, user, "route")
        self.people.emails[address] = email
        return address

    async def does(self, who: Address, what: Said | Joined | Left | Installed | Removed) -> str:
        self._events += 1
        self.now += timedelta(seconds=5)
        event = Event(id=str(self._events), at=self.now, sender=who, what=what)
        return plain(await self._handle(event))

    async def says(self, who: Address, text: str) -> str:
        return await self.does(who, Said(text))

    async def beat(self) -> None:
        await delivery.run(self.store, self.prompts, self.posts, self.now, self._directories)

    def read(self, who: Address) -> list[Message]:
        return self.posts[who.platform].received[who.user]

    async def presses(self, who: Address, label: str) -> str:
        [button] = [each for each in buttons_of(self.read(who)[-1]) if each.label == label]
        self._events += 1
        self.now += timedelta(seconds=5)
        return plain(
            await self._handle(Event(id=str(self._events), at=self.now, sender=who, what=button.does))
        )

    async def school(self, name: str) -> School:
        async with self.store.transaction() as tx:
            found = await tx.schools.partnership_named("Town")
            assert found is not None
            [school] = [each for each in await tx.schools.of(found.id) if each.name == name]
            return school

    async def link(self, platform: str, workspace: str, *schools: str) -> None:
        wanted = [await self.school(each) for each in schools]
        async with self.store.transaction() as tx:
            await workspaces.admit(tx, platform, workspace, wanted, self.now)

    async def code(self, school: str) -> str:
        wanted = await self.school(school)
        async with self.store.transaction() as tx:
            return await workspaces.make_code(tx, wanted, self.now)

    async def reached_at(self, email: str) -> Address | None:
        async with self.store.transaction() as tx:
            [member] = await tx.members.by_email(email)
            return await tx.members.address_of(member.id)

    async def import_people(self, *people: RosterPerson) -> None:
        schools = tuple(RosterSchool(source_id=each, name=each) for each in ("Oak", "Elm"))
        async with self.store.transaction() as tx:
            await rosters.import_roster(
                tx, "Town", Roster(schools=schools, people=people), self.now, dry_run=False
            )


def person(name: str, email: str, *posts: tuple[Role, str]) -> RosterPerson:
    given, family = name.split()
    return RosterPerson(source_id=name, given_name=given, family_name=family, email=email, posts=posts)


ANN = person("Ann Ash", "ann@oak.test", (Role.TEACHER, "Oak"))
CAT = person("Cat Cox", "cat@elm.test", (Role.TEACHER, "Elm"))
HEAD = person("Hal Head", "hal@elm.test", (Role.PRINCIPAL, "Elm"))
SIAN = person("Siân Morgan", "sian@oak.test", (Role.COORDINATOR, "Oak"), (Role.COORDINATOR, "Elm"))
FAY = person("Fay Fell", "fay@gmail.com", (Role.TEACHER, "Elm"), (Role.TEACHER, "Oak"))
GIL = person("Gil Gray", "gil@gmail.com", (Role.TEACHER, "Oak"))


@pytest.fixture
async def place(database_url: str) -> AsyncIterator[Place]:
    store = SqlStore(database_url, durable=False)
    place = Place(store, Prompts.load(PROMPTS))
    await place.import_people(ANN, CAT, HEAD, SIAN, FAY, GIL)
    yield place
    await store.close()


# --- a school and a person that move ----------------------------------------------------------------------------------


@BOTH
async def test_a_school_moves_to_another_platform_in_two_presses(place: Place, old: str, new: str) -> None:
    await place.link(old, "elm-1", "Elm")
    head, cat = place.account(old, "elm-1", "hal", HEAD.email), place.account(old, "elm-1", "cat", CAT.email)
    for who in (head, cat):
        assert UNKNOWN not in await place.says(who, "status")
    there = place.account(new, "elm-2", "cat-2", CAT.email)
    assert "I ask the people who lead Elm first" in await place.says(there, f"link {await place.code('Elm')}")
    assert UNLINKED in await place.says(there, "status")
    await place.beat()

    assert "belongs to Elm" in await place.presses(head, "Yes, it's ours")  # the first press
    await place.beat()  # whoever typed the code is met without another word
    assert "Is this you, too" in plain(place.read(cat)[-1])
    assert UNKNOWN in await place.says(there, "status")
    await place.presses(cat, "Yes, that's me")  # the second

    reached = await place.reached_at(CAT.email)
    assert reached == there
    assert UNKNOWN not in await place.says(there, "status")


@BOTH
async def test_while_nobody_has_said_yes_the_old_chat_is_written_to(place: Place, old: str, new: str) -> None:
    await place.link(old, "elm-1", "Elm")
    await place.link(new, "elm-2", "Elm")
    cat, other = (
        place.account(old, "elm-1", "cat", CAT.email),
        place.account(new, "elm-2", "cat-2", CAT.email),
    )
    await place.says(cat, "status")

    for what in (Joined(), Installed(), Said("my data"), Said("tell Ann hello"), Said("forget me yes")):
        heard = await place.does(other, what)
        assert "Cat" not in heard
    await place.beat()

    assert await place.reached_at(CAT.email) == cat
    assert len([each for each in place.read(cat) if "Is this you" in plain(each)]) == 1
    assert place.read(other) == [] or old == new


async def test_a_no_is_kept_and_the_coordinator_hears_of_it(place: Place) -> None:
    await place.link("slack", "elm-1", "Elm")
    await place.link("teams", "elm-2", "Elm")
    await place.link("slack", "oak", "Oak")
    cat, other = (
        place.account("slack", "elm-1", "cat", CAT.email),
        place.account("teams", "elm-2", "x", CAT.email),
    )
    sian = place.account("slack", "oak", "sian", SIAN.email)
    for who in (cat, sian, other):
        await place.says(who, "status")
    await place.beat()

    await place.presses(cat, "No, that's not me")
    for _ in range(3):
        assert UNKNOWN in await place.says(other, "my data")
        await place.beat()

    assert len(place.read(cat)) == 1
    assert "they say it isn't theirs" in plain(place.read(sian)[-1])
    assert await place.reached_at(CAT.email) == cat


async def test_the_old_address_hears_of_one_that_was_taken_while_it_was_silent_and_can_end_it(
    place: Place,
) -> None:
    await place.link("slack", "elm-1", "Elm")
    await place.link("teams", "elm-2", "Elm")
    cat, other = (
        place.account("slack", "elm-1", "cat", CAT.email),
        place.account("teams", "elm-2", "x", CAT.email),
    )
    await place.says(cat, "status")
    await place.does(replace(cat, user=""), Removed())
    assert UNKNOWN not in await place.says(other, "status")  # nobody could be asked
    assert await place.reached_at(CAT.email) == other

    await place.says(cat, "status")
    await place.beat()
    assert "I began to write to you on Microsoft Teams" in plain(place.read(cat)[-1]).replace("**", "")
    await place.presses(cat, "No, that's not me")

    assert await place.reached_at(CAT.email) == cat
    assert UNKNOWN in await place.says(other, "status")


async def test_somebody_else_cannot_answer_a_question_that_is_not_theirs(place: Place) -> None:
    await place.link("slack", "both", "Elm", "Oak")
    await place.link("teams", "elm-2", "Elm")
    cat, ann = (
        place.account("slack", "both", "cat", CAT.email),
        place.account("slack", "both", "ann", ANN.email),
    )
    other = place.account("teams", "elm-2", "x", CAT.email)
    for who in (cat, ann, other):
        await place.says(who, "status")

    for who in (ann, other):
        heard = await place.says(who, "/jpd same-person 1")
        assert "answered already" in heard or UNKNOWN in heard
    assert await place.reached_at(CAT.email) == cat


# --- whom a workspace meets -------------------------------------------------------------------------------------------


async def test_a_workspace_meets_its_own_people_and_no_one_who_only_helps_out_there(place: Place) -> None:
    """Fay belongs to Elm and helps at Oak; Siân coordinates both and belongs to Oak."""
    await place.link("slack", "oak", "Oak")
    fay, gil = (
        place.account("slack", "oak", "fay", FAY.email),
        place.account("slack", "oak", "gil", GIL.email),
    )
    assert UNKNOWN in await place.says(fay, "status"), "anybody gets an address at gmail.com"
    assert UNKNOWN not in await place.says(gil, "status"), "at home here, wherever the e-mail is"
    await place.link("teams", "elm", "Elm")
    sian = place.account("teams", "elm", "sian", SIAN.email)
    assert UNKNOWN in await place.says(sian, "status"), "oak.test is no domain of Elm's"
    fay_at_elm = place.account("teams", "elm", "fay", FAY.email)
    assert UNKNOWN not in await place.says(fay_at_elm, "status")


async def test_who_left_and_came_back_as_another_row_of_the_roster_is_known_again(place: Place) -> None:
    await place.link("slack", "oak", "Oak")
    ann = place.account("slack", "oak", "ann", ANN.email)
    await place.says(ann, "status")
    await place.import_people(CAT, HEAD, SIAN, FAY, GIL)
    assert UNKNOWN in await place.says(ann, "status")

    await place.import_people(replace(ANN, source_id="new"), CAT, HEAD, SIAN, FAY, GIL)

    assert UNKNOWN not in await place.says(ann, "status")


# --- a second workspace -----------------------------------------------------------------------------------------------


async def test_the_first_workspace_of_a_school_asks_nobody_and_the_installer_hears_of_the_second(
    place: Place,
) -> None:
    ann = place.account("slack", "oak", "ann", ANN.email)
    assert "Welcome" in await place.says(ann, f"link {await place.code('Oak')}")
    await place.beat()
    assert UNKNOWN not in await place.says(ann, "status")

    evil = place.account("teams", "evil", "m", ANN.email)
    assert "lead Oak first" in await place.says(evil, f"link {await place.code('Oak')}")
    await place.beat()

    told = place.read(ann)[-1]
    assert "another workspace on Microsoft Teams" in plain(told).replace("**", "")
    assert list(buttons_of(told)) == [], "Ann does not lead Oak"


async def test_a_connected_school_that_nobody_leads_is_left_to_the_operator(place: Place) -> None:
    await place.import_people(ANN, CAT, SIAN)
    await place.import_people(ANN, CAT, replace(SIAN, posts=((Role.COORDINATOR, "Oak"),)))
    await place.link("slack", "elm", "Elm")
    code = await place.code("Elm")
    evil = place.account("teams", "evil", "m", CAT.email)

    assert "nobody on its roster could say yes" in await place.says(evil, f"link {code}")
    assert UNLINKED in await place.says(evil, "status")


async def test_who_was_refused_can_ask_again_with_another_code_and_nothing_is_sent_twice(
    place: Place,
) -> None:
    await place.link("slack", "elm", "Elm")
    head = place.account("slack", "elm", "hal", HEAD.email)
    await place.says(head, "status")
    there = place.account("teams", "elm-2", "x", "it@elm.test")
    for _ in range(2):
        await place.says(there, f"link {await place.code('Elm')}")
        await place.beat()
        assert "stays out" in await place.presses(head, "No, keep it out")
        assert UNLINKED in await place.says(there, "status")
    assert len(place.read(head)) == 2


# --- what is remembered -----------------------------------------------------------------------------------------------


async def test_of_a_stranger_only_the_address_is_kept_for_thirty_days(place: Place) -> None:
    zoe = place.account("slack", "nowhere", "U-ZOE", "zoe@secret.test")
    await place.says(zoe, "I am Zoe and I feel unsafe")

    kept = "".join("".join(rows) for rows in (await dump(place.store)).values())
    assert "U-ZOE" in kept
    assert not any(each in kept for each in ("secret", "unsafe", "I am"))
    assert place.people.asked == [], "nobody is asked about in a workspace that is not linked"

    place.now += accounts.REMEMBERED + timedelta(minutes=1)
    async with place.store.transaction() as tx:
        await tx.workspaces.prune_expired(place.now)
    assert (await dump(place.store))["seen_address"] == []


async def test_who_leaves_before_they_are_met_is_forgotten(place: Place) -> None:
    zoe = place.account("teams", "nowhere", "U-ZOE", ANN.email)
    await place.does(zoe, Joined())
    await place.does(zoe, Left())

    assert (await dump(place.store))["seen_address"] == []


async def test_forgetting_somebody_deletes_the_questions_about_them(place: Place) -> None:
    await place.link("slack", "elm-1", "Elm")
    await place.link("teams", "elm-2", "Elm")
    cat, other = (
        place.account("slack", "elm-1", "cat", CAT.email),
        place.account("teams", "elm-2", "x", CAT.email),
    )
    for who in (cat, other):
        await place.says(who, "status")

    await place.says(cat, "forget me yes")

    assert (await dump(place.store))["address_claim"] == []
