"""What people type to the bot in five situations: each text gets what a good colleague would do."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bot.prompts import Prompts
from storage.store import SqlStore
from tests.journeys.town import COORDINATOR, Town, build
from tests.support.saved_towns import begins_with

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
ASKED = datetime(2026, 9, 14, 14, 30, tzinfo=UTC)


async def invited(store: SqlStore, prompts: Prompts) -> Town:
    town = await build(store, prompts, {"Oak": ["Ann Ash"], "Elm": ["Cat Cox"]}, MONDAY)
    await town.start(date(2026, 9, 14))
    await town.until(MONDAY.replace(hour=15))
    return town


pytestmark = begins_with(invited)

DISCLOSURE = "A pupil told me today that her dad hits her, marker zq81"


async def join_and_confirm(town: Town) -> None:
    await town.command("Ann Ash", "join")
    await town.command("Cat Cox", "join")
    await town.command(COORDINATOR, "preview")
    await town.command(COORDINATOR, "confirm")


async def misread(town: Town, texts: dict[str, str]) -> list[str]:
    """Type each text; return those whose reply lacks what was expected, with the reply."""
    wrong = []
    for text, expected in texts.items():
        reply = await town.say("Ann Ash", text)
        if not any(each in reply for each in expected.split("|")):
            wrong.append(f"{text!r} got {reply!r}")
        for undo in ("[Undo]", "[That's me]", "[Start again]"):
            if undo in reply:
                await town.press("Ann Ash", undo.strip("[]"))
    return wrong


INVITED = {
    "what is this": "I'm the JPD bot",
    "who is my partner?": "You have no partner yet",
    "how much time does it take": "ten minutes a week|invited",
    "no thanks": "[No, thank you]|[Join]",
    "yes": "[Join]",
    "hi": "[Join]|Hello",
    "Can my head see what I write?": "Who reads what",
    "not now, ask me tomorrow": "The invitation to|[Join]",
    "STOP": "Stopped",
    "unsubscribe": "[Stop all messages]",
    "wrong person": "I'll send nothing more until you tell me",
    "I've moved to another school": "your schools' list",
    "my pupils should explain their thinking to each other": "I haven't kept that",
    DISCLOSURE: "safeguarding lead",
    "send me my data": "everything I keep about you",
    "can you tell my partner I'll be late": "I haven't kept that",
}
MATCHED = {
    "who is my partner?": "Your partner is",
    "when is the next question": "Cat",
    "can you tell my partner I'll be late": "Goes to Cat|Sent to Cat",
    "what did my partner say": "Nothing has come from Cat yet",
    "thanks": "I'm here if you need me",
    "pause until January": "All quiet until",
    "I am on maternity leave from Friday": "[Pause]",
    "I don't feel safe working with him": "won't hear that you wrote this",
    "this is too much": "Nobody is ranked",
    "the button doesn't work": "You never need a button",
    "speak welsh please": "language",
    "delete my answer": "I have no answer of yours yet",
    "give a reason with every answer, without being asked": "I haven't kept that",
    DISCLOSURE: "safeguarding lead",
}
OPEN = {
    "who is my partner?": "Your partner is",
    "please stop messaging me": "[Stop all messages]",
    "unsubscribe": "[Stop all messages]",
    "Can my head see what I write?": "Who reads what",
    "what do you mean by this question": "A line or two is enough",
    "remind me tomorrow": "[In an hour]",
    "skip": "[Skip this one]",
    "can't do this week": "[Skip this one]",
    "I am on maternity leave from Friday": "[Pause]",
    "my partner never answers": "won't hear that you wrote this",
    "I don't feel safe working with him": "won't hear that you wrote this",
    "Can we meet Thursday at 10": "[Send it to Cat]",
    "FW: Staff briefing moved to 8.30": "Was that meant for somebody else",
    "ok": "The question stays open",
    "hi": "Hello Ann",
    "wrong person": "I'll send nothing more until you tell me",
    DISCLOSURE: "safeguarding lead",
    "a boy in my class told me his dad hits him": "safeguarding lead",
    "Sarah in maths is off with depression so we had cover": "colleague's health",
    "Jamie Smith in 7B finally spoke up": "looks like a pupil's name",
    "send me my data": "everything I keep about you",
    "delete my answer": "I have no answer of yours yet",
    "STOP": "Stopped",
    "give a reason with every answer, without being asked": "Goes to Cat",
}
ANSWERED = {
    "delete my answer": "[Take it back]",
    "can I change my answer": "[Change my answer]",
    "thanks": "Good.",
    "when is the next question": "Cat",
    "who is my partner?": "Your partner is",
    "what did my partner say": "Nothing has come from Cat yet",
    "can you tell my partner I'll be late": "Goes to Cat",
    DISCLOSURE: "safeguarding lead",
    "my partner never answers": "won't hear that you wrote this",
    "remind me tomorrow": "Nothing is waiting",
    "this is too much": "Nobody is ranked",
}
SECOND = {
    "what did my partner say": "Cat",
    "can I see what Cat wrote": "Cat",
    "who is my partner?": "Your partner is",
    "skip": "[Skip this one]",
    "I don't feel safe working with him": "won't hear that you wrote this",
    "pause until January": "All quiet until",
    DISCLOSURE: "safeguarding lead",
    "the button doesn't work": "You never need a button",
    "ok": "The question stays open",
    "delete everything about me": "[Erase everything]",
}
BELOW_PARTNER = {
    "ok": "[To my partner]",
    "Yes, let's keep that between us": "[To my partner]",
    "who is my partner?": "Your partner is",
    DISCLOSURE: "safeguarding lead",
}


@pytest.mark.core
async def test_the_five_situations(town: Town) -> None:
    await play_the_five_situations(town)


@pytest.mark.long
async def test_the_five_situations_over_the_wire(town: Town) -> None:
    await play_the_five_situations(town)


async def play_the_five_situations(town: Town) -> None:
    wrong = await misread(town, INVITED)
    await join_and_confirm(town)
    await town.until(datetime(2026, 9, 10, 9, 0, tzinfo=UTC))
    wrong += await misread(town, MATCHED)
    await town.until(ASKED)
    wrong += await misread(town, OPEN)
    await town.say("Ann Ash", "Count to five")
    await town.say("Ann Ash", "Longer answers")
    wrong += await misread(town, ANSWERED)
    await town.say("Cat Cox", "Ask why, and wait")
    await town.say("Cat Cox", "Count to ten")
    await town.say("Cat Cox", "More hands")
    await town.until(datetime(2026, 9, 17, 14, 30, tzinfo=UTC))
    wrong += await misread(town, SECOND)
    await town.say("Cat Cox", "Everything about our classes")
    await town.days(1)
    wrong += await misread(town, BELOW_PARTNER)
    await town.days(1)

    texts = [*INVITED, *MATCHED, *OPEN, *ANSWERED, *SECOND, *BELOW_PARTNER]
    assert len(texts) >= 74
    assert len(wrong) <= len(texts) * 0.05, "\n".join(wrong)
    arrived = town.everything("Cat Cox")
    for harmful in ("zq81", "hits him", "feel safe", "never answers", "depression", "Jamie"):
        assert harmful not in arrived
