import asyncio

import pytest

from adapters.playground import messenger as messengers
from adapters.playground.messenger import Notice, PlaygroundMessenger, renderer
from bot.message import Message, Text
from bot.model import Address
from bot.ports import Messenger
from tests.playground.script import NOW, KeptConversations
from tests.support.limits import HANG

ELIN = Address("playground", "bryn-derw", "elin")
HELLO, BYE = Message("Hello.", (Text("Hello **you**."),)), Message("Bye.", (Text("Bye."),))


@pytest.fixture
def kept() -> KeptConversations:
    return KeptConversations()


@pytest.fixture
def messenger(kept: KeptConversations) -> PlaygroundMessenger:
    return PlaygroundMessenger(kept, renderer({}))


async def test_it_is_a_messenger_like_the_others(messenger: PlaygroundMessenger) -> None:
    port: Messenger = messenger

    ref = await port.send(ELIN, HELLO, 7)

    assert await port.find(ELIN, 7) == ref
    assert await port.find(ELIN, 8) is None


async def test_a_message_arrives_once_however_often_it_is_sent(
    messenger: PlaygroundMessenger, kept: KeptConversations
) -> None:
    first, again = await messenger.send(ELIN, HELLO, 7), await messenger.send(ELIN, HELLO, 7)

    assert first == again
    (line,) = kept.kept
    assert (line.plain, line.html, line.at) == ("Hello you.", "<p>Hello <strong>you</strong>.</p>", NOW)


async def test_an_update_stands_where_the_message_stood(
    messenger: PlaygroundMessenger, kept: KeptConversations
) -> None:
    ref = await messenger.send(ELIN, HELLO, 7)

    await messenger.update(ELIN, ref, BYE)

    (line,) = kept.kept
    assert (line.plain, line.replaced) == ("Bye.", True)


async def test_open_pages_hear_and_closed_ones_are_forgotten(messenger: PlaygroundMessenger) -> None:
    with messenger.page() as page:
        await messenger.send(ELIN, HELLO, 7)
        assert page.get_nowait() == Notice("bryn-derw/elin", is_news=True)

    await messenger.send(ELIN, HELLO, 8)
    assert page.empty()


async def test_a_page_that_sleeps_is_let_go_and_the_others_still_hear(
    messenger: PlaygroundMessenger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messengers, "NOTICES_WAITING", 2)
    with messenger.page() as asleep, messenger.page() as awake:
        for _ in range(3):
            messenger.tell(Notice())
            awake.get_nowait()

        assert [asleep.get_nowait() for _ in range(3)] == [Notice(), Notice(), None]
        messenger.tell(Notice("x"))
        assert awake.get_nowait() == Notice("x")


async def test_when_it_stops_every_page_is_let_go(messenger: PlaygroundMessenger) -> None:
    with messenger.page() as page:
        await messenger.close()

        assert await asyncio.wait_for(page.get(), HANG) is None


async def test_without_a_clock_nothing_can_be_said(
    messenger: PlaygroundMessenger, kept: KeptConversations
) -> None:
    kept.now = None

    with pytest.raises(LookupError, match="clock"):
        await messenger.send(ELIN, HELLO, 7)
