"""Messages about accounts and workspaces that are not connected yet."""

from __future__ import annotations

from bot.message import Buttons, Message, Text
from bot.model import CommandName
from bot.prompts import Voice
from bot.say.basics import label, runs


def platform_name(voice: Voice, platform: str) -> str:
    """Return the name of a platform as people know it."""
    return label(voice, "platform", platform)


def new_address(voice: Voice, claim_id: int, platform: str, *, is_news: bool) -> Message:
    """Ask whether a new address is the member's, too, or tell them of it."""
    facts = {"platform": platform_name(voice, platform)}
    no = runs(voice, "button.new-address-no", CommandName.ANOTHER_PERSON, claim_id)
    yes = runs(voice, "button.new-address-yes", CommandName.SAME_PERSON, claim_id, primary=True)
    if is_news:
        return Message(
            voice.text("new-address.news.summary", **facts),
            (Text(voice.markdown("new-address.news", **facts)), Buttons((no,))),
        )
    return Message(
        voice.text("new-address.question.summary", **facts),
        (Text(voice.markdown("new-address.question", **facts)), Buttons((yes, no))),
    )


def link_request(voice: Voice, request_id: int, platform: str, school: str, *, may_answer: bool) -> Message:
    """Ask a leader of a school whether another workspace may be linked to it, or only tell its installer."""
    facts = {"school": school, "platform": platform_name(voice, platform)}
    let_in = runs(voice, "button.let-in", CommandName.LET_IN, request_id)
    keep_out = runs(voice, "button.keep-out", CommandName.KEEP_OUT, request_id, primary=True)
    key = "link-request.question" if may_answer else "link-request.told"
    buttons = (Buttons((let_in, keep_out)),) if may_answer else ()
    return Message(
        voice.text("link-request.summary", **facts), (Text(voice.markdown(key, **facts)), *buttons)
    )


def link_requested(voice: Voice, school: str) -> Message:
    """Tell whoever typed the code that the school's leaders are asked first."""
    return Message(
        voice.text("link-request.asked.summary", school=school),
        (Text(voice.markdown("link-request.asked", school=school)),),
    )
