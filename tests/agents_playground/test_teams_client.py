"""Microsoft's own Agents Playground, a real client of Teams: installed, asked, answered, and the card replaced.

`make teams-playground` fetches it from npm. What it shows is kept as pictures in build/screenshots, to be looked at.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from playwright.async_api import Page, async_playwright, expect

from adapters.teams.cloud import Registration
from adapters.teams.messenger import PLATFORM
from bot.ports import Messenger
from bot.prompts import Prompts
from bot.use_cases import workspaces
from bot.worker import delivery
from storage.store import SqlStore
from tests.journeys.town import COORDINATOR, Town, roster_of
from tests.platforms.teams.fake import FakeMicrosoft
from tests.platforms.teams.stage import Stage, on_stage
from tests.support.places import ROOT

pytestmark = pytest.mark.agents_playground

PROGRAM = ROOT / "build" / "agents-playground" / "node_modules" / ".bin" / "agentsplayground"
SCREENSHOTS = ROOT / "build" / "screenshots"
ALEX, HIS_EMAIL = "Alex Wilber", "alexw@example.com"
"""Whom the playground plays."""
MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
ASKED = datetime(2026, 9, 14, 14, 30, tzinfo=UTC)


class OneInTeams(Town):
    """Everybody is at the core but Alex, who is in the playground."""

    stage: Stage

    async def beat(self) -> None:
        self.post.now = self.stage.now = self.now
        self.stage.clock.seconds += 60
        messengers: dict[str, Messenger] = {"test": self.post, PLATFORM: self.stage.messenger}
        await delivery.run(self.store, self.prompts, messengers, self.now, {PLATFORM: self.stage.messenger})


@contextmanager
def agents_playground(app: str, port: int) -> Iterator[str]:
    """It listens on every address of the machine, so it runs only as long as the test."""
    assert PROGRAM.exists(), "make teams-playground fetches it"
    command = [str(PROGRAM), "start", "-e", app, "-c", "msteams", "-p", str(port), "--disable-telemetry"]
    environment = {**os.environ, "TEAMSAPPTESTER_BROWSER": "none"}
    process = subprocess.Popen(
        command, env=environment, cwd=PROGRAM.parents[2], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        assert "Listening" in line, line
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture
async def town(sqlite_url: str) -> AsyncIterator[OneInTeams]:
    """Alex of Oak and Cat of Elm are on the roster; nothing is in Teams yet."""
    prompts = Prompts.load(ROOT / "prompts")
    store = SqlStore(sqlite_url, durable=False)
    roster = roster_of({"Oak": [ALEX], "Elm": ["Cat Cox"]})
    people = [replace(each, email=HIS_EMAIL) if each.source_id == ALEX else each for each in roster.people]
    town = OneInTeams(store, prompts, MONDAY)
    async with store.transaction() as tx:
        made = await tx.schools.add_partnership("Town")
        await tx.schools.apply(made.id, replace(roster, people=tuple(people)), MONDAY)
        for school in await tx.schools.of(made.id):
            if school.name != "Oak":  # whose first workspace is the one in Teams
                await tx.workspaces.link("test", "Town", school, MONDAY)
        for member in await tx.members.of(made.id):
            if member.name != ALEX:
                await tx.members.connect(town.address(member.name), member.id, MONDAY)
    async with on_stage(FakeMicrosoft(), prompts, store, known=Registration()) as stage:
        town.stage, stage.now = stage, MONDAY
        yield town
    await store.close()


@pytest.fixture
async def page(town: OneInTeams) -> AsyncIterator[Page]:
    """The playground in Debian's Chromium."""
    chromium = shutil.which("chromium")
    assert chromium, "Install Chromium (Debian: apt-get install chromium)."
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--disable-gpu", *alone])
        with agents_playground(f"{town.stage.url}/api/messages", 56_155) as url:
            page = await browser.new_page(viewport={"width": 1_180, "height": 900})
            page.set_default_timeout(30_000)
            await page.goto(url, wait_until="domcontentloaded")
            await page.get_by_role("button", name="Hide log panel").click()
            yield page
        await browser.close()


async def say(page: Page, words: str) -> None:
    box = page.get_by_role("textbox").first
    await box.click()
    await page.keyboard.type(words)
    await page.keyboard.press("Enter")


async def sees(page: Page, words: str | re.Pattern[str]) -> None:
    await expect(page.get_by_text(words).last).to_be_visible(timeout=10_000)


async def picture(page: Page, name: str) -> None:
    await asyncio.to_thread(SCREENSHOTS.mkdir, parents=True, exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / f"teams-{name}.png")


async def test_a_teacher_in_teams_is_met_asked_and_answers(town: OneInTeams, page: Page) -> None:
    await sees(page, "does not belong to a partnership yet")
    await picture(page, "1-installed")

    async with town.store.transaction() as tx:
        partnership = await tx.schools.partnership_named("Town")
        assert partnership is not None
        [oak] = [each for each in await tx.schools.of(partnership.id) if each.name == "Oak"]
        code = await workspaces.make_code(tx, oak, MONDAY)
    await say(page, f"link {code}")
    await sees(page, "Welcome.")
    await say(page, "/help")
    await sees(page, "Answers to my questions can simply be typed.")
    await picture(page, "2-help")

    await town.start(date(2026, 9, 14), "peer-visit-2wk")
    await town.command("Cat Cox", "join")
    await town.until(datetime(2026, 9, 8, 15, 0, tzinfo=UTC))
    await picture(page, "2-invited")
    await page.get_by_role("button", name="Join").last.click()
    await sees(page, "Good to have you in")
    await sees(page, "The answer is below.")

    await page.get_by_role("button", name="What I offer and look for").last.click()
    await page.get_by_role("button", name="Fill in here, in the chat").last.click()
    await expect(page.get_by_role("button", name="Fill in here, in the chat")).to_have_count(0)
    await picture(page, "3-profile")
    await page.get_by_role("button", name="Save").last.click()
    await sees(page, re.compile("Kept|Saved|Thank you"))
    await picture(page, "3-joined")

    await town.command(COORDINATOR, "preview")
    await town.command(COORDINATOR, "confirm")
    await town.until(ASKED)
    await sees(page, "Only Cat sees this.")
    await picture(page, "4-asked")

    await page.get_by_role("button", name="Send to Cat").last.click()
    await sees(page, "Please fill this in.")
    await picture(page, "5-missing")
    assert (await town.check_ins(ALEX))["focus"].state == "open"

    await page.get_by_label("I want my pupils to").last.fill("Give a reason, *always*")
    await page.get_by_role("button", name="Send to Cat").last.click()
    await sees(page, re.compile("Sent to Cat"))
    await picture(page, "6-answered")
    assert await page.get_by_role("button", name="Send to Cat").count() == 0
    await town.until(datetime(2026, 9, 16, 9, 0, tzinfo=UTC))
    assert "Give a reason, *always*" in town.everything("Cat Cox")
