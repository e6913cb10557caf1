"""Text that people write is never read as marks, neither on the way in nor on the way out."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.platforms.slack.house import ANN, BEA, CAT, DAN, ELM, OAK, SIAN, House, running_house
from tests.platforms.slack.wire import EVENT

WORDS = (
    "<!channel> and <!here>",
    "<@U1> and <#C1>",
    "&lt;b&gt; &amp;amp; &copy;",
    "*not bold* _nor this_ ~or~ `code` >quote",
    "https://example.org/a?b=c&d=e",
    "ann@example.org",
    "example.org",
    "[a](b) <http://x|y>",
    "مرحبا \u202eolleh",
    "😀 a:smile:b 10:30: 👩‍🏫",
    "spaces   inside  it",
    "a\\b \"c\" 'd'",
    "= 1 + 1; DROP TABLE member;",
    "w" * 1_990,
)
WRITTEN_BY_SLACK = {
    "see <http://example.org|example.org>": "see example.org",
    "see <https://example.org/a?b=c&amp;d=e>": "see https://example.org/a?b=c&d=e",
    "see <https://example.org|https://example.org>": "see https://example.org",
    "see <https://example.org/where|here>": "see here (https://example.org/where)",
    "mail <mailto:ann@example.org|ann@example.org>": "mail ann@example.org",
    "call <tel:+441234|+441234>": "call +441234",
    "ask <@U0ANN|ann.ash> in <#C1|staff>": "ask @ann.ash in #staff",
    "ask <@U0ANN> in <#C1>": "ask @U0ANN in #C1",
    "for <!channel> <!here|here> <!subteam^S1|@heads>": "for @channel here @heads",
    "5 &lt; 6 &amp;&amp; &lt;@U1&gt; &amp;lt;": "5 < 6 && <@U1> &lt;",
}
"""Marks that Slack's editor makes of typed text."""


@pytest.fixture
async def house(sqlite_url: str) -> AsyncIterator[House]:
    """The running bot, with two pairings across two workspaces."""
    async with running_house(sqlite_url) as house:
        await house.invite()
        await house.beat()
        for team, user in ((OAK, ANN), (OAK, BEA), (ELM, CAT), (ELM, DAN)):
            await house.slack.press(team, user, label="Join")
        await house.slack.command(OAK, SIAN, "preview")
        await house.slack.command(OAK, SIAN, "confirm")
        await house.beat()
        yield house


async def read_by_partners(house: House) -> str:
    """Return everything that is new since the pairings."""
    await house.beat()
    return "\n".join([*house.seen(ELM, CAT), *house.seen(ELM, DAN)])


@pytest.mark.parametrize("words", WORDS, ids=lambda words: words[:20])
@pytest.mark.parametrize("how", ["words", "command", "form"])
async def test_what_people_say_reaches_their_partner_as_it_was_typed(
    house: House, words: str, how: str
) -> None:
    match how:
        case "words":
            await house.slack.say(OAK, ANN, f"jpd tell my partner {words}")
        case "command":
            await house.slack.command(OAK, ANN, f"tell my partner {words}")
        case _:
            await house.slack.press(OAK, ANN, label=await writing(house))
            modal = house.slack.modal(OAK, ANN)
            assert modal is not None
            [block] = [each["block_id"] for each in modal.view["blocks"] if each["type"] == "input"]
            await house.slack.submit(OAK, ANN, {block: words})

    # What turns round the direction of reading never goes out.
    assert words.replace("\u202e", "") in await read_by_partners(house)
    for line in house.slack.world.lines:
        if line.by_app:  # what notifications and screen readers get is parsed by Slack
            assert "<!" not in line.text
            assert "<@" not in line.text
    assert house.slack.refused == []


async def test_a_sign_that_somebody_chose_is_read_as_the_sign(house: House) -> None:
    await house.slack.say(OAK, ANN, "jpd tell my partner Well done :tada: :+1:")

    assert "Well done 🎉 👍" in await read_by_partners(house)


async def test_an_edited_message_changes_what_is_on_its_way(house: House) -> None:
    await house.slack.say(OAK, ANN, "jpd tell my partner Megan was brave today")
    [line] = [each for each in house.slack.conversation(OAK, ANN) if "Megan" in each.text and not each.by_app]

    await house.slack.edit(OAK, ANN, line.ts, "jpd tell my partner A pupil was brave today")

    read = await read_by_partners(house)
    assert "A pupil was brave today" in read
    assert "Megan" not in read


@pytest.mark.parametrize("leaves_a_tombstone", [False, True])
async def test_a_deleted_message_is_taken_back(house: House, leaves_a_tombstone: bool) -> None:
    await house.slack.say(OAK, ANN, "jpd tell my partner Megan was brave today")
    before = house.slack.wire.sent[-1].payload["event"]
    told = {key: before[key] for key in ("type", "channel", "channel_type")} | {"previous_message": before}
    if leaves_a_tombstone:
        told |= {"subtype": "message_changed", "message": {**before, "subtype": "tombstone", "text": "Gone"}}
    else:
        told |= {"subtype": "message_deleted", "deleted_ts": before["ts"]}
    await house.slack.event(OAK, told)

    assert "I took it back" in house.last(OAK, ANN)
    assert "Megan" not in await read_by_partners(house)


async def test_a_preview_of_a_link_is_no_edit(house: House) -> None:
    await house.slack.say(OAK, ANN, "jpd tell my partner see example.org")
    before = house.slack.wire.sent[-1].payload["event"]
    told = {key: before[key] for key in ("type", "channel", "channel_type")}
    told |= {
        "subtype": "message_changed",
        "previous_message": before,
        "message": {**before, "attachments": [{}]},
    }
    answered = len(house.seen(OAK, ANN))
    await house.slack.event(OAK, told)

    assert len(house.seen(OAK, ANN)) == answered
    assert "see example.org" in await read_by_partners(house)


async def writing(house: House) -> str:
    """Open the form by the button under one's partner."""
    for line in reversed(house.slack.conversation(OAK, ANN)):
        for block in line.blocks:
            for element in block.get("elements", ()):
                if str(element.get("value", "")).startswith("o:tell:"):
                    label: str = element["text"]["text"]
                    return label
    raise AssertionError("nothing opens the form")


@pytest.mark.parametrize(("written", "typed"), WRITTEN_BY_SLACK.items())
async def test_slacks_own_marks_are_read_back_as_what_was_typed(
    house: House, written: str, typed: str
) -> None:
    await house.slack.say(OAK, ANN, "jpd nothing")
    told = house.slack.wire.sent[-1].payload
    event = {**told["event"], "text": f"jpd tell my partner {written}", "ts": house.slack.world.ts()}

    await house.slack.wire.deliver(EVENT, {**told, "event": event, "event_id": "EvMarks"})

    assert typed in await read_by_partners(house)


async def test_more_than_a_message_holds_is_said_and_nothing_of_it_is_lost(house: House) -> None:
    answer = await house.slack.say(OAK, ANN, f"jpd tell my partner {'word ' * 7_990}")

    assert answer.status == 200
    assert house.slack.refused == []
    assert "Send a shorter version" in house.last(OAK, ANN)


async def test_a_photo_is_not_taken_and_the_person_is_told(house: House) -> None:
    await house.slack.say(OAK, ANN, "", file="board.jpg")

    assert "You sent a photo" in house.slack.conversation(OAK, ANN)[-1].text
