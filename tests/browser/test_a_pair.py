"""One pair from invitation to digest, with the keyboard only, at a desk and on a phone; the pictures are kept."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator

from tests.browser.conftest import Player

pytestmark = pytest.mark.browser

COORDINATOR, TEACHER, PRINCIPAL = "Siân Morgan", "Elin Pugh", "Grace Okafor"


def newest(player: Player, text: str) -> Locator:
    """The newest line that says this."""
    return player.page.locator(".line", has_text=text).last


def write(player: Player, within: Locator, label: str, words: str) -> None:
    """Go to a field and type."""
    within.get_by_label(label).last.focus()
    player.page.keyboard.type(words)


def days_until(player: Player, text: str, days: int) -> None:
    """Let days pass until somebody is told this."""
    for _ in range(days):
        if newest(player, text).count():
            return
        player.travel("+1 day")
    newest(player, text).wait_for()


def start_a_cycle(player: Player) -> None:
    player.become(COORDINATOR)
    player.say("start")
    dialog = player.page.locator("dialog#form[open]")
    dialog.get_by_label("Joint practice, six weeks").focus()
    player.page.keyboard.press("Space")
    dialog.get_by_label("First day").fill("2026-10-19")
    write(player, dialog, "What should every partner's children gain?", "Every child gives reasons")
    player.picture("start")
    player.check()
    player.press("Show me the plan")
    newest(player, "the plan. Nobody has heard of it yet").wait_for()
    player.press("Invite 33 teachers")
    newest(player, "33 invitations go out").wait_for()


def meet(player: Player) -> str:
    """Join, be paired, and be told with whom; the partner's name."""
    player.travel("+1 day")
    player.travel("+1 day")
    player.become(TEACHER)
    newest(player, "invites you to").wait_for()
    player.picture("invitation")
    player.check()
    player.press("Join")
    newest(player, "Good to have you").wait_for()

    player.become(COORDINATOR)
    player.say("preview")
    newest(player, "Nobody has been told yet").wait_for()
    player.picture("preview")
    player.check()
    player.press("Confirm and tell everybody")
    newest(player, "pairings are real").wait_for()

    player.become(TEACHER)
    days_until(player, "You will work with", 3)
    player.picture("match")
    found = re.search(r"You will work with ([^(]+) \(", newest(player, "You will work with").inner_text())
    assert found
    return found[1]


def challenge_each_other(player: Player, partner: str) -> None:
    given = partner.split(maxsplit=1)[0]
    evidence = "I counted seven seconds before the first hand"
    days_until(player, f"What could help {given} to think further?", 45)
    ask = newest(player, f"What could help {given} to think further?")
    write(player, ask, "What I saw or heard", evidence)
    write(player, ask, "A question I don't know the answer to", "What happens in those seconds?")
    player.picture("challenge")
    player.check()
    player.press(f"Send to {given}")
    newest(player, "once everyone has written theirs").wait_for()

    player.become(partner)
    assert evidence not in player.page.locator("#log").inner_text()  # not before both have given
    ask = newest(player, "What could help Elin to think further?")
    write(player, ask, "What I saw or heard", "Nine different pupils answered after the pair talk")
    write(player, ask, "A question I don't know the answer to", "How do you choose who begins?")
    player.press("Send to Elin")
    newest(player, "Sent to Elin").wait_for()

    player.become(TEACHER)
    days_until(player, f"{given} writes to you, as a peer", 3)
    player.press("Reply, and set a next step")
    dialog = player.page.locator("dialog#form[open]")
    write(player, dialog, "What do you make of it?", "By who looks up first, I think")
    write(player, dialog, "My one next step", "Ask the quieter one first")
    dialog.get_by_label("On which day?").fill("2026-12-01")
    player.press(f"Send to {given}")
    newest(player, "Your next step: Ask the quieter one first").wait_for()
    player.picture("challenge-received")
    player.check()


def test_one_pair_from_invitation_to_digest(player: Player) -> None:
    start_a_cycle(player)
    partner = meet(player)
    given = partner.split()[0]

    player.become(partner)  # from now on nobody answers for them
    player.become(TEACHER)
    days_until(player, "What should your pupils do that they don't do yet?", 8)
    player.say("Give a reason for every answer")
    newest(player, "You can add:").wait_for()
    player.picture("answered")
    player.check()

    player.become(partner)
    ask = newest(player, "What should your pupils do that they don't do yet?")
    write(player, ask, "I want my pupils to", "Start writing without waiting")
    player.press("Send to Elin")
    newest(player, "Sent to Elin").wait_for()
    days_until(player, "Give a reason for every answer", 2)
    player.picture("partner")

    player.become(TEACHER)
    player.say(f"tell {given} see you on Tuesday")
    newest(player, f"Goes to {given}").wait_for()
    challenge_each_other(player, partner)

    player.become(PRINCIPAL)
    newest(player, "Ysgol Bryn Derw this week").wait_for()
    player.picture("digest")
    player.check()
    read = player.page.locator("#log").inner_text()
    for words in ("Give a reason for every answer", "seven seconds", TEACHER, partner):
        assert words not in read
