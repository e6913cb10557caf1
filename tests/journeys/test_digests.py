"""What principals read: thresholds, holidays, one count a week, and a story only while its author agrees."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, update

from bot.message import Image, Message
from bot.model import CheckInState, DeliveryState
from bot.prompts import Prompts
from bot.rules.school_time import Term
from storage import tables
from storage.store import SqlStore
from tests.journeys.town import COORDINATOR, Town, build, plain
from tests.support.saved_towns import begins_with

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
START = date(2026, 9, 10)  # a Thursday: the first question is counted in the week after
FRIDAY = datetime(2026, 9, 18, 15, 0, tzinfo=UTC)
SHORT = "peer-visit-2wk"
GIVEN = ("Ada", "Bea", "Cia", "Dee", "Eva", "Fay", "Gia", "Hua", "Ina", "Joy", "Kim", "Lea")


def people(**schools: int) -> dict[str, list[str]]:
    """So many teachers a school, no name twice."""
    return {school: [f"{given} of{school}" for given in GIVEN[:number]] for school, number in schools.items()}


async def played(
    store: SqlStore,
    prompts: Prompts,
    schools: Mapping[str, Sequence[str]],
    *,
    answering: int = 99,
    until: datetime = FRIDAY,
    terms: Mapping[str, Sequence[Term]] | None = None,
) -> Town:
    """Everybody joins; so many of each school answer the first question."""
    town = await build(store, prompts, schools, MONDAY, terms=terms)
    await town.run(START, SHORT)
    await town.until(datetime(2026, 9, 10, 15, 0, tzinfo=UTC))
    for names in schools.values():
        for name in names[:answering]:
            if (await town.check_ins(name))["focus"].state is CheckInState.OPEN:
                await town.fill_step(name, "focus", pupils=f"The words of {name}")
    await town.until(until)
    return town


async def five_of_each_school(store: SqlStore, prompts: Prompts) -> Town:
    """Four of the five of each school have answered; the first digests have come."""
    return await played(store, prompts, people(Oak=5, Elm=5), answering=4)


def digests(town: Town, school: str) -> list[str]:
    return [plain(each) for each in town.post.received[f"Head {school}"]]


# --- how many people ------------------------------------------------------------------------------------------------


@begins_with(five_of_each_school)
async def test_a_school_of_five_is_told_about_itself(town: Town) -> None:
    await _check_first_digests(town, 5, is_shown=True)


@pytest.mark.core
@pytest.mark.parametrize(("each", "is_shown"), [(4, False), (6, True)])
async def test_a_school_is_told_about_itself_from_five_people_on(
    store: SqlStore, prompts: Prompts, each: int, is_shown: bool
) -> None:
    town = await played(store, prompts, people(Oak=each, Elm=each), answering=4)

    await _check_first_digests(town, each, is_shown=is_shown)


async def _check_first_digests(town: Town, each: int, *, is_shown: bool) -> None:
    for school in ("Oak", "Elm"):
        [text] = digests(town, school)
        assert f"{2 * each} teachers take part" in text
        assert (f"of those asked at {school} replied" in text) is is_shown
        assert (f"{each} of your teachers take part" in text) is is_shown
        assert ("Figures about fewer than 5 people are not shown" in text) is not is_shown
        assert "The words of" not in text
        assert not any(name in text for name in await town.teachers())


async def test_a_small_school_reads_of_the_partnership_only(store: SqlStore, prompts: Prompts) -> None:
    town = await played(store, prompts, people(Oak=6, Elm=5, Fir=5, Ivy=4), answering=4)

    [small], [large] = digests(town, "Ivy"), digests(town, "Oak")

    assert "20 teachers take part" in small
    assert "Ivy replied" not in small
    assert "of your teachers" not in small
    assert "6 of your teachers take part" in large


@pytest.mark.core
async def test_a_partnership_under_five_reads_nothing_at_all(store: SqlStore, prompts: Prompts) -> None:
    town = await played(store, prompts, people(Oak=2, Elm=2))

    assert digests(town, "Oak") == digests(town, "Elm") == []
    assert "No digest has been published yet" in await town.command("Head Oak", "digest")


@pytest.mark.core
async def test_two_digests_cannot_be_subtracted(store: SqlStore, prompts: Prompts) -> None:
    """Six of Oak, four of Elm, ten in all: Oak's own figures would tell Elm's."""
    town = await played(store, prompts, people(Oak=6, Elm=4), answering=3)

    for school in ("Oak", "Elm"):
        [text] = digests(town, school)
        assert "10 teachers take part" in text
        assert "of your teachers" not in text
        assert f"asked at {school} replied" not in text
    counts = set(re.findall(r"\b\d+\b", "\n".join(digests(town, "Oak") + digests(town, "Elm"))))
    assert counts <= {"10", "14", "2", "5"}  # all people, the Monday in September, the schools, the floor


@begins_with(five_of_each_school)
async def test_numbers_in_a_digest_are_never_about_replies(town: Town) -> None:
    [text] = digests(town, "Oak")

    assert set(re.findall(r"\b\d+\b", text)) <= {"5", "10", "14", "2", "1"}


# --- which weeks ----------------------------------------------------------------------------------------------------


@pytest.mark.core
async def test_a_holiday_week_sends_nothing_and_is_a_gap(store: SqlStore, prompts: Prompts) -> None:
    terms = [
        Term("before", date(2026, 9, 1), date(2026, 9, 18)),
        Term("after", date(2026, 9, 28), date(2026, 12, 18)),
    ]
    town = await played(
        store, prompts, people(Oak=5, Elm=5), until=datetime(2026, 10, 3, 9, 0, tzinfo=UTC),
        terms={"Oak": terms, "Elm": terms},
    )  # fmt: skip

    days = [at.date() for at in town.post.at["Head Oak"]]
    assert days == [date(2026, 9, 18), date(2026, 10, 2)]
    [chart] = [each.chart for each in town.post.received["Head Oak"][-1].elements if isinstance(each, Image)]
    assert [week.is_gap for week in chart.weeks] == [False, True, False]
    assert "no figures" in digests(town, "Oak")[-1]


@pytest.mark.core
async def test_it_comes_on_the_schools_last_teaching_day_of_the_week(
    store: SqlStore, prompts: Prompts
) -> None:
    short_week = [
        Term("one", date(2026, 9, 1), date(2026, 9, 17)),
        Term("two", date(2026, 9, 21), date(2026, 12, 18)),
    ]
    town = await played(
        store,
        prompts,
        people(Oak=5, Elm=5),
        terms={"Oak": short_week},
        until=datetime(2026, 9, 18, 20, 0, tzinfo=UTC),
    )

    assert [at.date() for at in town.post.at["Head Oak"]] == [date(2026, 9, 17)]
    assert [at.date() for at in town.post.at["Head Elm"]] == [date(2026, 9, 18)]


@pytest.mark.core
async def test_a_week_is_counted_once_for_all_schools_whatever_happens_between(
    store: SqlStore, prompts: Prompts
) -> None:
    zones = {"Thames": ("Europe/London", ""), "Tasman": ("Pacific/Auckland", "")}
    schools = people(Thames=5, Tasman=5)
    town = await build(store, prompts, schools, MONDAY, zones=zones)
    await town.run(START, SHORT)
    await town.until(datetime(2026, 9, 11, 0, 0, tzinfo=UTC))
    auckland = datetime(2026, 9, 18, 15, 30, tzinfo=ZoneInfo("Pacific/Auckland"))
    await town.until(auckland.astimezone(UTC))
    assert town.post.received["Head Tasman"]
    assert not town.post.received["Head Thames"]

    for name in await town.teachers():  # everybody answers after the count
        check_in = (await town.check_ins(name))["visit"]
        if check_in.state is CheckInState.OPEN and check_in.closes_at > town.now:
            await town.fill_step(name, "visit", when="I ask the first question")
    await town.until(datetime(2026, 9, 18, 20, 0, tzinfo=UTC))

    def bands(school: str) -> list[tuple[int | None, int | None]]:
        [chart] = [e.chart for e in town.post.received[f"Head {school}"][-1].elements if isinstance(e, Image)]
        return [(week.ours, week.everyone) for week in chart.weeks]

    assert bands("Thames") == bands("Tasman")
    assert bands("Thames")[-1] == (1, 1)


# --- a story --------------------------------------------------------------------------------------------------------

LAST_STEP = datetime(2026, 9, 22, 15, 0, tzinfo=UTC)  # the ninth teaching day
LAST_FRIDAY = datetime(2026, 9, 25, 15, 0, tzinfo=UTC)
STORY = "I wait now, and the quiet ones speak"


async def asked_for_a_story(store: SqlStore, prompts: Prompts) -> Town:
    """Twelve people are asked for a story."""
    return await played(store, prompts, people(Oak=6, Elm=6), answering=0, until=LAST_STEP)


async def tell(town: Town, number: int, consent: str = "") -> None:
    """The person of that number answers the last question."""
    name = (await town.teachers())[number]
    story = {"story": consent} if consent else {}
    await town.fill_step(name, "close", now=f"{STORY}, {number}", **story)


async def stays_open(town: Town) -> None:
    """The last question can be answered after its digest, as in a longer pack."""
    for name in await town.teachers():
        step = (await town.check_ins(name))["close"]
        async with town.store.transaction() as tx:
            await tx.check_ins.save(replace(step, closes_at=datetime(2026, 9, 28, 16, 0, tzinfo=UTC)))


@begins_with(asked_for_a_story)
async def test_a_story_is_read_with_consent_and_goes_wherever_it_was_read(town: Town) -> None:
    for number in range(12):
        await tell(town, number, "yes" if number < 3 else "no" if number < 8 else "")
    await town.until(LAST_FRIDAY)
    await stays_open(town)
    _, second, third, *_ = await town.teachers()

    def read() -> set[str]:
        texts = digests(town, "Oak") + digests(town, "Elm")
        assert len(texts) == 4  # mended where they stand, nothing sent anew
        assert not any(given in text for text in texts for given in GIVEN)
        assert STORY not in digests(town, "Oak")[0] + digests(town, "Elm")[0]
        return set(
            re.findall(rf"One teacher agreed that you may read this: “({STORY}, \d+)”", "\n".join(texts))
        )

    assert read() == {f"{STORY}, 0"}
    await tell(town, 0, "no")
    await town.beat()
    assert read() == {f"{STORY}, 1"}
    await town.command(second, f"take-back {(await town.check_ins(second))['close'].id}")
    await town.beat()
    assert read() == {f"{STORY}, 2"}
    await town.command(third, "forget me yes")
    await town.beat()
    assert read() == set()
    assert STORY not in await town.command("Head Elm", "digest")


@begins_with(asked_for_a_story)
async def test_no_story_before_ten_have_answered_nor_without_a_yes(town: Town) -> None:
    await town.until(LAST_FRIDAY)
    await stays_open(town)

    await tell(town, 0, "yes")
    for number in range(1, 9):
        await tell(town, number)
    assert STORY not in await town.command("Head Oak", "digest")  # nine
    await tell(town, 9)
    assert f"{STORY}, 0" in await town.command("Head Oak", "digest")
    await tell(town, 0, "no")
    assert STORY not in await town.command("Head Oak", "digest")
    await tell(town, 0)
    assert STORY not in await town.command("Head Oak", "digest")


async def asked_for_the_own_principal(store: SqlStore, prompts: Prompts) -> Town:
    """Ten people of Oak and two of Elm are asked by a pack of an earlier release: "May your principal read ...?"."""
    town = await played(store, prompts, people(Oak=10, Elm=10), answering=0, until=LAST_STEP)
    cycle = await town.cycle()
    async with town.store.transaction() as tx:
        files = dict(await tx.cycles.pack_files(cycle.id))
        files["pack.yaml"] = files["pack.yaml"].replace("    story_for_all: true\n", "")
        earlier = {"fingerprint": "of the earlier release", "files": files}
        await tx.connection.execute(insert(tables.pack_snapshot).values(earlier))
        theirs = update(tables.cycle).where(tables.cycle.c.id == cycle.id)
        await tx.connection.execute(theirs.values(pack_fingerprint=earlier["fingerprint"]))
    return town


@pytest.mark.core
@begins_with(asked_for_the_own_principal)
async def test_a_consent_for_the_own_principal_lets_nobody_else_read(town: Town) -> None:
    teachers = await town.teachers()
    oak = [number for number, name in enumerate(teachers) if name.endswith("ofOak")]
    elm = [number for number, name in enumerate(teachers) if name.endswith("ofElm")]
    for number in oak:
        await tell(town, number, "yes")
    await town.until(LAST_FRIDAY)
    await stays_open(town)

    assert STORY in await town.command("Head Oak", "digest")
    assert STORY not in await town.command("Head Elm", "digest")

    for number in elm[:9]:
        await tell(town, number, "yes")
    assert STORY not in await town.command("Head Elm", "digest"), "nine of the own school have answered"


@pytest.mark.core
async def test_the_shipped_packs_say_whose_principals_may_read_a_story(prompts: Prompts) -> None:
    for pack in prompts.packs():
        for step in pack.steps:
            if step.story is not None:
                [asked] = [each for each in step.words("en").questions if each.key == step.story[1]]
                assert step.story_for_all == ("principals of all schools in the partnership" in asked.label)


# --- asking for it --------------------------------------------------------------------------------------------------


@begins_with(five_of_each_school)
async def test_the_last_digest_again_for_who_may_read_it(town: Town) -> None:
    sent = town.post.received["Head Elm"][-1]

    again = await town.command("Head Elm", "digest")

    assert again == plain(sent)
    assert "Oak this week" in await town.command(COORDINATOR, "digest")
    assert "That is not open to you" in await town.command("Ada ofOak", "digest")
    assert isinstance(sent, Message)


@begins_with(five_of_each_school)
async def test_nothing_is_owed_twice_and_every_digest_is_settled(town: Town) -> None:
    await town.until(datetime(2026, 11, 20, 20, 0, tzinfo=UTC))

    owed = [each for each in await town.deliveries() if each.kind == "digest"]

    assert {each.state for each in owed} <= {DeliveryState.SENT, DeliveryState.DROPPED}
    weeks = [at.isocalendar()[:2] for at in town.post.at["Head Oak"]]
    assert len(weeks) == len(set(weeks))
