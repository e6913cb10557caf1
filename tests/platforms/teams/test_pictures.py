"""Charts at addresses that cannot be guessed, expire, and carry no name."""

from __future__ import annotations

import base64
import struct
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta

import pytest
from cryptography.fernet import Fernet

from adapters.teams.pictures import LAST, Pictures
from adapters.teams.render import message
from bot.message import Chart, Image, Message, Text, Week
from bot.prompts import Prompts
from tests.platforms.teams.fake import FakeMicrosoft
from tests.platforms.teams.people import NotSent
from tests.platforms.teams.stage import NOW, Stage, on_stage

PUBLIC = "https://jpd.example.org"
CHART = Chart(
    title="Most of Ysgol Bryn Derw took part",
    subtitle="12 weeks",
    levels=("few", "some", "most", "nearly all"),
    weeks=tuple(
        Week(date(2026, 1, 5) + timedelta(weeks=n), f"W{n}", 1 + n % 4, None if n == 3 else 2, is_gap=n == 5)
        for n in range(12)
    ),
    gap="holiday",
    footer="Five people or more",
)
IMAGE = Image(CHART, "In week 1 few took part, in week 4 nearly all.")
DIGEST = Message("The week.", (Text("The week."), IMAGE))


class Moment:
    """The clock of a test."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def moment() -> Moment:
    return Moment()


@pytest.fixture
def pictures(moment: Moment) -> Pictures:
    return Pictures(PUBLIC, [Fernet.generate_key().decode()], moment)


@pytest.fixture
async def stage(microsoft: FakeMicrosoft, prompts: Prompts, pictures: Pictures) -> AsyncIterator[Stage]:
    async with on_stage(microsoft, prompts, pictures=pictures) as stage:
        stage.people.add("Elin", "tenant-1", installed=True)
        yield stage


def path(pictures: Pictures, image: Image = IMAGE) -> str:
    address = pictures.address(image)
    assert address is not None
    return address.removeprefix(PUBLIC)


async def test_a_chart_in_a_message_is_seen_at_its_address(stage: Stage) -> None:
    stage.reply = DIGEST
    await stage.people.say("Elin", "digest")

    card = stage.microsoft.world.seen("Elin")[-1].card or {}
    [picture] = [each for each in card["body"] if each["type"] == "Image"]
    assert picture["altText"] == IMAGE.alt
    assert stage.microsoft.world.faults == []
    async with stage.session.get(stage.url + picture["url"].removeprefix(PUBLIC)) as answer:
        content = await answer.read()
        assert (answer.status, answer.content_type) == (200, "image/png")
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    width, height = struct.unpack(">II", content[16:24])
    assert width <= 1_024
    assert height <= 1_024
    assert len(content) < 1_000_000


async def test_the_address_ends(stage: Stage, pictures: Pictures, moment: Moment) -> None:
    address = stage.url + path(pictures)

    moment.now += LAST - timedelta(seconds=1)
    async with stage.session.get(address) as answer:
        assert answer.status == 200
    moment.now += timedelta(seconds=2)
    async with stage.session.get(address) as answer:
        assert answer.status == 404


async def test_nobody_makes_an_address_of_their_own(stage: Stage, pictures: Pictures, moment: Moment) -> None:
    foreign = Pictures(PUBLIC, [Fernet.generate_key().decode()], moment)
    good = path(pictures)

    for wrong in (path(foreign), good[:-8] + "AAAA.png", "/teams/pictures/x.png", "/teams/pictures/.png"):
        async with stage.session.get(stage.url + wrong) as answer:
            assert answer.status == 404, wrong


def test_the_address_says_nothing_and_is_never_the_same(pictures: Pictures) -> None:
    one, other = path(pictures), path(pictures)

    assert one != other
    token = one.removeprefix("/teams/pictures/").removesuffix(".png")
    for text in (one.encode(), base64.urlsafe_b64decode(token)):
        assert b"Bryn" not in text
        assert b"took part" not in text
    assert len(PUBLIC + one) < 2_000


def test_a_chart_too_large_for_an_address_is_its_words(pictures: Pictures) -> None:
    import random

    noise = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz", k=4_000))
    large = Image(Chart(title=noise, subtitle="", levels=CHART.levels, weeks=(), gap="", footer=""), "words")

    assert pictures.address(large) is None
    assert [each["type"] for each in message(Message("s", (large,)))["body"]] == ["TextBlock"]


async def test_without_an_address_the_words_stand_for_the_picture(
    microsoft: FakeMicrosoft, prompts: Prompts
) -> None:
    async with on_stage(microsoft, prompts) as stage:
        stage.people.add("Elin", "tenant-1", installed=True)
        stage.reply = DIGEST
        await stage.people.say("Elin", "digest")

    [line] = [each for each in microsoft.world.seen("Elin") if each.by_bot]
    assert IMAGE.alt in str(line.card)
    with pytest.raises(NotSent):
        await stage.people.take_file("Elin")


def test_an_older_key_still_opens(moment: Moment) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    made = Pictures(PUBLIC, [old], moment).address(IMAGE)
    assert made is not None

    token = made.rpartition("/")[2].removesuffix(".png")

    assert Pictures(PUBLIC, [new, old], moment).opened(token) == CHART
    assert Pictures(PUBLIC, [new], moment).opened(token) is None
