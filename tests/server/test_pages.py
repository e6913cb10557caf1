"""The pages to which an app store's links lead."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from adapters.server.pages import PAGES, pages
from adapters.server.web import application, listening
from bot.prompts import Prompts, Voice
from tests.support.places import PROMPTS

CONTACT = "Two Rivers <b>Trust</b>, [bot](javascript:alert(1)) bot@tworivers.example"


@pytest.fixture(scope="module")
def voice() -> Voice:
    return Prompts.load(PROMPTS).voice("en")


@pytest.fixture
async def url(voice: Voice) -> AsyncIterator[str]:
    async with listening(application(pages(voice, CONTACT), voice=voice), "127.0.0.1", 0) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_is_there_and_safe(url: str, voice: Voice, name: str) -> None:
    async with ClientSession() as session, session.get(f"{url}/{name}") as answer:
        page = await answer.text()

    assert (answer.status, answer.content_type) == (200, "text/html")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert f"<h1>{voice.text(f'page.{name}.title')}</h1>" in page
    assert "Two Rivers &lt;b&gt;Trust&lt;/b&gt;" in page
    assert "<b>" not in page
    assert 'href="javascript' not in page
    assert "{" not in page.partition("<h1>")[2], "every fact is put in"


def test_without_a_contact_it_says_whom_to_ask(voice: Voice) -> None:
    assert "coordinator of your partnership" in voice.text("page.contact-unknown")
    assert len(pages(voice, "")) == len(PAGES)
