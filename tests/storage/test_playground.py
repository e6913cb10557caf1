from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from storage.playground import SqlConversations, SqlLine
from tests.storage.world import DAY, HOUR, NOW, World

HELLO = SqlLine(
    workspace="w",
    person="anest",
    at=NOW,
    author="bot",
    html="<p>Hello</p>",
    plain="Hello",
    previews={"slack": "{}"},
)


def said(line: SqlLine) -> dict[str, Any]:
    """Return a line in the form in which it is added."""
    return {name: value for name, value in asdict(line).items() if name not in ("id", "replaced")}


async def test_a_conversation_is_its_lines_in_order(world: World) -> None:
    conversations = SqlConversations(world.store)
    first = await conversations.add(**said(HELLO))
    second = await conversations.add(**said(replace(HELLO, author="person", plain="Bore da", at=NOW - HOUR)))
    await conversations.add(**said(replace(HELLO, person="tama")))

    lines = await conversations.lines("w", "anest")

    assert lines == (
        replace(HELLO, id=first),
        replace(HELLO, id=second, author="person", plain="Bore da", at=NOW - HOUR),
    )
    assert await conversations.lines("other", "anest") == ()


async def test_a_delivery_arrives_once(world: World) -> None:
    conversations = SqlConversations(world.store)
    async with world.store.transaction() as tx:
        await tx.deliveries.owe([world.delivery("Anest", 1)])
        (delivery,) = await tx.deliveries.of_cycle(world.cycle.id)
    assert await conversations.find(delivery.id) is None

    first = await conversations.add(**said(replace(HELLO, delivery_id=delivery.id)))
    again = await conversations.add(**said(replace(HELLO, delivery_id=delivery.id, plain="Hello again")))

    assert again == first
    assert await conversations.find(delivery.id) == first
    assert [line.plain for line in await conversations.lines("w", "anest")] == ["Hello"]


async def test_a_line_can_be_replaced_in_its_place(world: World) -> None:
    conversations = SqlConversations(world.store)
    first = await conversations.add(**said(HELLO))
    await conversations.add(**said(replace(HELLO, plain="Second")))

    await conversations.replace(
        first, html="<p>Sent</p>", plain="Sent", previews={"slack": "[1]"}, at=NOW + DAY
    )

    line, _ = await conversations.lines("w", "anest")
    assert line == replace(
        HELLO,
        id=first,
        html="<p>Sent</p>",
        plain="Sent",
        previews={"slack": "[1]"},
        at=NOW + DAY,
        replaced=True,
    )


async def test_the_clock_says_what_it_was_set_to(world: World) -> None:
    conversations = SqlConversations(world.store)
    assert await conversations.clock() is None

    await conversations.set_clock(NOW)
    await conversations.set_clock(NOW + DAY)

    assert await conversations.clock() == NOW + DAY
