"""One-time codes, by which a school's workspace joins, and the people whom the bot then recognises."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from adapters.slack.messenger import email_in
from bot.use_cases.workspaces import MOST_WRONG_CODES, WRONG_CODES_COUNT
from storage import tables
from tests.journeys.town import dump, roster_of
from tests.platforms.slack.house import ANN, BEA, CAT, ELM, OAK, SIAN, House, email, prompts, running_house

NEW = "T0NEW"
CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """The running bot, with a third workspace that installed it and is not admitted."""
    async with running_house(database_url) as house:
        house.slack.add_workspace(NEW, "New", token="xoxb-new")
        await house.installations.save(NEW, "xoxb-new", name="", now=house.now)
        house.slack.add_person(NEW, "U9CAT", email("Cat Cox"))
        house.slack.add_person(NEW, "U9ANN", email("Ann Ash"))
        yield house


def words(key: str) -> str:
    return prompts().voice("en").text(key)


async def made(house: House, school: str = "Elm") -> str:
    """Return a code of the operator, who answers for it: the school is connected in another workspace already."""
    return await house.code(school, asks=False)


async def test_a_coordinator_makes_a_code_for_their_own_school_and_for_no_other(house: House) -> None:
    own = await house.slack.command(OAK, SIAN, "school add Oak")
    other = await house.slack.command(OAK, SIAN, "school add Elm")

    assert len(set(CODE.findall(own.body))) == 1
    assert other.json["text"] == prompts().voice("en").text("error.another-schools-code", school="Elm")
    assert CODE.search(other.body) is None


@pytest.mark.parametrize(
    "typed",
    ["link {}", "LINK {}", "/jpd link {}", "jpd link {}", "  link   {}  "],
)
@pytest.mark.parametrize("how", ["command", "words"])
async def test_a_code_lets_a_workspace_in(house: House, how: str, typed: str) -> None:
    code = await made(house)

    if how == "command":
        answer = (await house.slack.command(NEW, "U9CAT", typed.format(code).replace("/jpd ", ""))).body
    else:
        await house.slack.say(NEW, "U9CAT", typed.format(code.lower().replace("-", "")))
        answer = house.last(NEW, "U9CAT")

    assert "Welcome" in answer
    assert "Elm" in answer
    await house.slack.say(NEW, "U9CAT", "status")
    assert "no cycle" in house.last(NEW, "U9CAT")
    address = await house.address_of("Cat Cox")
    assert address is not None
    assert address.workspace == NEW


async def test_a_code_counts_once(house: House) -> None:
    code = await made(house)
    await house.slack.command(NEW, "U9CAT", f"link {code}")
    house.slack.add_workspace("T0LATE", token="xoxb-late")
    await house.installations.save("T0LATE", "xoxb-late", name="", now=house.now)
    house.slack.add_person("T0LATE", "U8")

    late = await house.slack.command("T0LATE", "U8", f"link {code}")

    assert late.json["text"] == words("error.no-such-code")
    assert "not belong" in (await house.slack.command("T0LATE", "U8", "status")).body


async def test_a_code_counts_for_a_week(house: House) -> None:
    code, other = await made(house), await made(house)
    house.now += timedelta(days=7) - timedelta(seconds=1)
    assert "Welcome" in (await house.slack.command(NEW, "U9CAT", f"link {code}")).body
    house.now += timedelta(seconds=1)
    expired = await house.slack.command(NEW, "U9CAT", f"link {other}")
    assert expired.json["text"] == words("error.no-such-code")


HOSTILE = (
    *("AAAA-BBBB-CCCC", "x", "-", "____", "0" * 40, "O" * 41, "A" * 39_000, "AAAA-BBBB-CCCC AAAA-BBBB-CCCC"),
    *(
        "%00",
        "\x00",
        "a\nb",
        "' OR 1=1",
        "{0}",
        "../../x",
        "<!channel>",
        "é" * 12,
        "💥",
        "\u202eABCD",
        "\uff11\u2167",
    ),
)


@pytest.mark.parametrize("code", HOSTILE, ids=lambda code: ascii(code[:20]))
async def test_hostile_codes_let_nobody_in(house: House, code: str) -> None:
    await made(house)
    unchanged = ("event_seen", "platform_note", "wrong_code", "seen_address")
    before = await dump(house.store, without=unchanged)

    answers = [await house.slack.command(NEW, "U9CAT", f"link {code}")]
    answers.append(await house.slack.say(NEW, "U9CAT", f"link {code}"))

    assert {each.status for each in answers} == {200}
    assert "Welcome" not in answers[0].body + house.last(NEW, "U9CAT")
    assert await dump(house.store, without=unchanged) == before
    assert house.slack.refused == []


async def test_wrong_codes_are_few_and_a_right_one_counts_again_after_an_hour(house: House) -> None:
    code = await made(house)
    for number in range(MOST_WRONG_CODES):
        wrong = await house.slack.command(NEW, "U9CAT", f"link AAAA-BBBB-{number:04}")
        assert wrong.json["text"] == words("error.no-such-code")

    refused = await house.slack.command(NEW, "U9ANN", f"link {code}")
    assert refused.json["text"] == words("error.too-many-codes")
    assert (await house.slack.command(ELM, CAT, "link AAAA-BBBB-CCCC")).json["text"] == words(
        "error.no-such-code"
    )
    house.now += WRONG_CODES_COUNT

    assert "Welcome" in (await house.slack.command(NEW, "U9CAT", f"link {code}")).body


async def test_a_workspace_belongs_to_one_partnership(house: House) -> None:
    async with house.store.transaction() as tx:
        other = await tx.schools.add_partnership("Village")
        await tx.schools.apply(other.id, roster_of({"Fir": ["Eve East"], "Gum": ["Flo Ford"]}), house.now)
    theirs = await house.code("Fir", partnership="Village")

    refused = await house.slack.command(ELM, CAT, f"link {theirs}")

    assert refused.json["text"] == words("error.workspace-elsewhere")
    assert "Welcome" in (await house.slack.command(NEW, "U9CAT", f"link {theirs}")).body  # not used up
    assert "do not know you" in (await house.slack.command(NEW, "U9CAT", "status")).body  # of the other one


@pytest.mark.parametrize("who", [ANN, BEA])
async def test_only_coordinators_make_codes(house: House, who: str) -> None:
    before = await dump(house.store, without=("event_seen",))

    answer = await house.slack.command(OAK, who, "school add Elm")

    assert CODE.search(answer.body) is None
    after = await dump(house.store, without=("event_seen", "address", "delivery"))
    assert {name: before[name] for name in after} == after


async def test_a_code_for_a_school_that_is_none_is_said(house: House) -> None:
    for said in ("school add Nowhere", "school add", "school", "school add <!channel>"):
        answer = await house.slack.command(OAK, SIAN, said)
        assert CODE.search(answer.body) is None
        assert "Oak" in answer.body


# --- who is met -----------------------------------------------------------------------------------------------------


async def test_nobody_is_met_in_a_workspace_that_was_not_let_in(house: House) -> None:
    calls = len(house.slack.calls)

    answer = await house.slack.command(NEW, "U9CAT", "status")

    assert "not belong" in answer.body
    assert len(house.slack.calls) == calls  # nobody's profile is even asked for
    assert await house.address_of("Cat Cox") is None


async def test_people_are_met_in_the_workspaces_of_their_own_school_only(house: House) -> None:
    house.slack.add_person(OAK, "U0CATOAK", email("Cat Cox"))

    answer = await house.slack.command(OAK, "U0CATOAK", "status")

    assert answer.json["text"] == words("error.unknown-person")
    assert await house.address_of("Cat Cox") is None
    assert "no cycle" in (await house.slack.command(ELM, CAT, "status")).body


@pytest.mark.parametrize("kind", [{"is_guest": True}, {"is_bot": True}, {"deleted": True}], ids=str)
async def test_guests_bots_and_who_has_left_are_nobody(house: House, kind: dict[str, bool]) -> None:
    house.slack.change_person(CAT, **kind)

    await house.slack.command(ELM, CAT, "status")

    assert await house.address_of("Cat Cox") is None
    await house.invite()
    await house.beat()
    assert house.slack.posts(ELM) == [] or all(
        line.channel != house.slack.world.direct(ELM, CAT).id for line in house.slack.posts(ELM)
    )


async def test_somebody_of_another_workspace_in_a_shared_channel_is_nobody_here(house: House) -> None:
    house.slack.add_workspace("T0FAR", "Far away")
    house.slack.add_person("T0FAR", "U0FAR", email("Cat Cox"))
    house.slack.add_channel(ELM, "C0SHARED", "shared", ["U0FAR", CAT], shared=True)

    answer = await house.slack.command(ELM, "U0FAR", "status", channel="C0SHARED")
    await house.slack.mention(ELM, "U0FAR", "C0SHARED", "status")

    assert answer.json["text"] == words("error.unknown-person")
    assert await house.address_of("Cat Cox") is None


async def test_who_shares_a_channel_from_elsewhere_is_no_stranger_to_slack_and_yet_nobody_here() -> None:
    here = {"id": "U1", "team_id": OAK, "profile": {"email": "a@example.org"}, "is_stranger": False}
    wide = {"enterprise_id": "E1", "teams": [ELM, OAK]}

    assert email_in(here, OAK) == "a@example.org"
    assert email_in({**here, "team_id": "T0FAR"}, OAK) == ""
    assert email_in({**here, "team_id": "T0FAR", "enterprise_user": wide}, OAK) == "a@example.org"
    assert email_in({**here, "enterprise_user": wide}, "E1") == "a@example.org"
    assert email_in({**here, "enterprise_user": {"enterprise_id": "E9"}}, "E1") == ""
    assert email_in({**here, "is_app_user": True}, OAK) == "a@example.org"  # who has installed it, perhaps
    assert email_in({**here, "is_stranger": True}, OAK) == ""


async def test_two_people_of_one_address_are_not_guessed_between(house: House) -> None:
    async with house.store.transaction() as tx:
        partnership = await tx.schools.partnership_named("Town")
        assert partnership is not None
        [ann, bea] = [
            each for each in await tx.members.of(partnership.id) if each.given_name in ("Ann", "Bea")
        ]
        shared = update(tables.member).where(tables.member.c.id == bea.id).values(email=ann.email)
        await tx.connection.execute(shared)

    answer = await house.slack.command(OAK, ANN, "status")

    assert answer.json["text"] == words("error.unknown-person")


async def test_an_address_in_capitals_is_the_same_address(house: House) -> None:
    house.slack.change_person(CAT, email="Cat.COX@Example.ORG")

    assert "no cycle" in (await house.slack.command(ELM, CAT, "status")).body


async def test_somebody_who_is_not_on_the_roster_is_told_what_to_do(house: House) -> None:
    house.slack.add_person(ELM, "U0X", "nobody@example.org")

    assert (await house.slack.command(ELM, "U0X", "status")).json["text"] == words("error.unknown-person")
