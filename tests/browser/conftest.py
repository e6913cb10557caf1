"""A real playground in a process of its own, and a real Chromium to play in it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright

from tests.support.places import ROOT

SCREENSHOTS = ROOT / "build" / "screenshots"
READY = re.compile(r"^Playground: (http://127\.0\.0\.1:\d+/)$", re.MULTILINE)
CHROMIUM = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP, PHONE = (1180, 820), (390, 780)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium: no download. Where there is none these tests fail; they are never skipped."""
    chromium = shutil.which("chromium")
    assert chromium, "Install Chromium (Debian: apt-get install chromium), or leave `make browser` out."
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=[*CHROMIUM, *alone])
        yield started
        started.close()


@pytest.fixture
def playground(tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh playground, as `make play` starts it."""
    command = [
        sys.executable,
        "-m",
        "adapters.cli",
        "play",
        "--port",
        "0",
        "--no-browser",
        "--folder",
        str(tmp_path / "play"),
    ]
    said = tmp_path / "said.txt"
    with said.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, env=_environment()
        )
        try:
            yield _url(process, said)
        finally:
            process.terminate()
            process.wait(timeout=20)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "200"}


def _url(process: subprocess.Popen[bytes], said: Path) -> str:
    """What it prints when it is ready; as long as that takes on a busy machine."""
    while True:
        if ready := READY.search(said.read_text(errors="replace")):
            return ready[1]
        try:
            code = process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(f"the playground ended with {code}:\n{said.read_text(errors='replace')}")


class Player:
    """A person at the page, with the keyboard only."""

    def __init__(self, page: Page, size: str) -> None:
        self.page = page
        self.size = size
        self.faults: list[str] = []
        page.on("console", self._keep)
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    def _keep(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(message.text)

    @property
    def is_on_phone(self) -> bool:
        """Whether people are behind a button."""
        return self.size == "phone"

    def become(self, name: str) -> None:
        """Find somebody by name and play them."""
        if self.is_on_phone:
            self.page.locator("#show-people").focus()
            self.page.keyboard.press("Enter")
        self.page.locator("#filter").focus()
        self.page.locator("#filter").fill(name)
        self.page.keyboard.press("ArrowDown")
        self.page.keyboard.press("Enter")
        self.page.locator("#who", has_text=name).wait_for()
        self.page.locator("#filter").evaluate(
            "field => { field.value = ''; field.dispatchEvent(new Event('input')); }"
        )

    def say(self, words: str) -> None:
        """Type words and send them; they are part of the conversation when this returns."""
        before = self.lines.count()
        self.page.locator("#message").focus()
        self.page.keyboard.type(words)
        self.page.keyboard.press("Enter")
        self.lines.nth(before).wait_for()

    def press(self, label: str) -> None:
        """Press the last button of that name."""
        self.page.get_by_role("button", name=label, exact=True).last.focus()
        self.page.keyboard.press("Enter")

    def travel(self, label: str) -> None:
        """Move time on, and wait until it has arrived."""
        before = self.page.locator("#clock").get_attribute("datetime")
        self.press(label)
        expect(self.page.locator("#clock")).not_to_have_attribute("datetime", before or "", timeout=120_000)
        expect(self.page.locator("body")).not_to_have_attribute("aria-busy", "true", timeout=120_000)

    @property
    def lines(self) -> Locator:
        """The lines of the conversation."""
        return self.page.locator(".line")

    def picture(self, name: str) -> None:
        """Keep a screenshot."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}-{self.size}.png")

    def check(self) -> None:
        """No serious fault that axe knows of; nothing in the console; nothing wider than the window."""
        found = Axe().run(self.page).response["violations"]
        serious = [
            f"{each['id']}: {each['nodes'][0]['html']}"
            for each in found
            if each["impact"] in ("serious", "critical")
        ]
        assert not serious, serious
        assert not self.faults, self.faults
        assert self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.fixture(params=["desktop", "phone"])
def player(request: pytest.FixtureRequest, browser: Browser, playground: str) -> Iterator[Player]:
    """Somebody who has opened the page, at a desk or on a phone."""
    width, height = DESKTOP if request.param == "desktop" else PHONE
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    context.set_default_timeout(30_000)
    page = context.new_page()
    player = Player(page, request.param)
    page.goto(playground)
    page.locator(".person").first.wait_for(state="attached")
    yield player
    context.close()
