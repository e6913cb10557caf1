from pathlib import Path

import pytest

from tests.browser.conftest import Player

pytestmark = pytest.mark.browser


def test_a_newcomer_asks_for_help_with_the_keyboard_and_nothing_is_in_the_way(player: Player) -> None:
    player.become("Elin Pugh")
    player.picture("empty")
    player.check()

    player.say("help")

    player.page.locator(".line", has_text="pause until").wait_for()
    player.picture("help")
    player.check()


def test_a_form_opens_as_a_dialog_shows_its_faults_and_closes_with_escape(player: Player) -> None:
    player.become("Elin Pugh")
    player.say("/pause")

    player.page.locator("dialog#form[open]").wait_for()
    player.page.locator("dialog#form button[type=submit]").focus()
    player.page.keyboard.press("Enter")
    player.page.locator("dialog#form .error").wait_for()
    assert player.page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"
    player.picture("form")
    player.check()

    player.page.keyboard.press("Escape")
    player.page.locator("dialog#form").wait_for(state="hidden")
    assert player.page.evaluate("document.activeElement.id") == "message"


def test_time_moves_on_and_the_clock_is_the_schools(player: Player) -> None:
    player.become("Elin Pugh")
    before = player.page.locator("#clock").inner_text()

    player.travel("+1 day")

    assert player.page.locator("#clock").inner_text() != before
    player.become("Tama Rewi")
    assert player.page.locator("#clock").inner_text() != before
    player.check()


def test_a_double_click_and_a_fault_lose_nothing(player: Player) -> None:
    player.become("Elin Pugh")
    player.say("/profile")
    player.page.get_by_role("button", name="What I offer and look for").last.dblclick()
    player.page.locator("dialog#form[open]").wait_for()
    player.page.keyboard.press("Escape")

    player.say("/pause")
    send = player.page.locator("dialog#form[open] button[type=submit]")
    send.dblclick()

    player.page.locator("dialog#form[open] .error").wait_for()
    assert player.lines.count() == 3, "profile, its answer, and pause"
    player.check()


def test_what_was_typed_stays_when_the_playground_does_not_answer(player: Player) -> None:
    player.become("Elin Pugh")
    player.page.route("**/api/say", lambda route: route.abort())
    player.page.locator("#message").fill("Four seconds feel long")
    player.page.keyboard.press("Enter")
    player.page.locator("#status", has_text="Nothing that you typed is lost").wait_for()
    assert player.page.locator("#message").input_value() == "Four seconds feel long"

    player.page.unroute("**/api/say")
    player.page.keyboard.press("Enter")

    player.page.locator(".line", has_text="Four seconds feel long").first.wait_for()
    assert player.page.locator("#message").input_value() == ""


def test_a_coordinators_roster_is_shown_before_it_counts(player: Player, tmp_path: Path) -> None:
    roster = tmp_path / "staff.csv"
    roster.write_text(
        "given_name,family_name,email,role\nNia,New,nia.new@example.org,teacher\n"
        "Siân,Morgan,sian.morgan@northgate.example.org,coordinator\n"
    )
    player.become("Siân Morgan")

    player.page.locator("#attached").set_input_files(roster)

    player.page.locator(".line", has_text="Nothing is changed yet").wait_for()
    player.picture("roster")
    player.check()
    player.press("Leave it")
    player.page.locator(".line", has_text="I keep nothing of your file").wait_for()
