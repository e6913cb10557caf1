"""Files that people send on Teams: a coordinator's are fetched from Microsoft alone, and nobody else's at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.teams.connector import is_onedrive
from adapters.teams.inbound import DOWNLOAD
from bot.model import Member
from bot.prompts import Prompts
from storage.store import SqlStore
from tests.journeys.town import COORDINATOR, roster_of
from tests.platforms.slack.mishaps import DroppedBefore, Mishap, Status
from tests.platforms.teams.fake import FakeMicrosoft
from tests.platforms.teams.stage import NOW, Stage, on_stage
from tests.platforms.teams.test_installing import OAK, last, let_in, members

ROSTER = (
    "given_name,family_name,email,role\n"
    "Ann,Ash,ann.ash@example.org,teacher\n"
    "Head,Oak,head.oak@example.org,principal\n"
    "Siân,Morgan,siân.morgan@example.org,coordinator\n"
    "Nia,New,nia.new@example.org,teacher\n"
).encode()
CALENDAR = b"kind,title,first_day,last_day\nterm,Spring,2026-01-05,2026-03-27\n"
MB = 1024 * 1024
MICROSOFT = "https://smba.trafficmanager.net/emea/"


@pytest.fixture
async def store(sqlite_url: str) -> AsyncIterator[SqlStore]:
    store = SqlStore(sqlite_url, durable=False)
    yield store
    await store.close()


@pytest.fixture
async def stage(microsoft: FakeMicrosoft, prompts: Prompts, store: SqlStore) -> AsyncIterator[Stage]:
    """Run the adapter with a school that is let in."""
    async with store.transaction() as tx:
        made = await tx.schools.add_partnership("Town")
        await tx.schools.apply(made.id, roster_of({"Oak": ["Ann Ash"], "Elm": ["Cat Cox"]}), NOW)
    async with on_stage(microsoft, prompts, store) as stage:
        for member in await members(store):
            stage.people.add(member.name, OAK, member.email)
        await let_in(stage, store)
        await stage.people.install(COORDINATOR)
        yield stage
    assert microsoft.world.faults == []


def share(stage: Stage, content: bytes = ROSTER, name: str = "staff.csv", *, url: str = "") -> dict[str, Any]:
    """Return the attachment of a file that lies in its sender's OneDrive."""
    stage.microsoft.world.files[name] = content
    content_info = {
        "downloadUrl": url or f"{stage.microsoft.origin}/onedrive/{name}",
        "uniqueId": "1150D938-8870-4044-9F2C-5BBDEBA70C9D",
        "fileType": name.rpartition(".")[2],
    }
    page = f"https://contoso-my.sharepoint.com/personal/sian/Documents/{name}"
    return {"contentType": DOWNLOAD, "contentUrl": page, "name": name, "content": content_info}


async def drop(stage: Stage, attachment: dict[str, Any], *, who: str = COORDINATOR, text: str = "") -> None:
    answer = await stage.people.say(who, text, attachments=[attachment])
    assert answer.status == 200


def fetched(stage: Stage) -> int:
    return len([each for each in stage.microsoft.world.calls if each.what == "download"])


async def by_name(store: SqlStore) -> dict[str, Member]:
    return {each.name: each for each in await members(store)}


# --- a coordinator's file -------------------------------------------------------------------------------------------


async def test_a_roster_that_is_dropped_into_the_chat_is_shown_and_then_used(
    stage: Stage, store: SqlStore
) -> None:
    await drop(stage, share(stage))

    assert "Nothing is changed yet" in last(stage, COORDINATOR)
    assert "Nia New" in last(stage, COORDINATOR)
    assert "Nia New" not in await by_name(store)

    await stage.people.press(COORDINATOR, "Use it")

    assert "Done: your roster is in" in last(stage, COORDINATOR)
    assert "Nia New" in await by_name(store)
    assert fetched(stage) == 1


@pytest.mark.long
async def test_a_long_dry_run_is_shown_in_cards_that_teams_takes(stage: Stage, store: SqlStore) -> None:
    more = "".join(f"Niamh{n},Llewellyn-Whitfield,nia{n}@example.org,teacher\n" for n in range(300))

    await drop(stage, share(stage, ROSTER + more.encode()))
    await stage.people.press(COORDINATOR, "Use it")

    assert "Done: your roster is in" in last(stage, COORDINATOR)
    assert {f"Niamh{n} Llewellyn-Whitfield" for n in range(300)} <= set(await by_name(store))


async def test_a_calendar_that_is_left_changes_nothing(stage: Stage, store: SqlStore) -> None:
    await drop(stage, share(stage, CALENDAR, "terms.csv"))
    assert "Oak: 1 term" in last(stage, COORDINATOR)

    await stage.people.press(COORDINATOR, "Leave it")

    assert "Nothing was changed, and I keep nothing" in last(stage, COORDINATOR)
    async with store.transaction() as tx:
        [_, oak] = await tx.schools.of(1)
        assert (await tx.schools.calendar(oak.id)).terms == ()


async def test_a_file_that_is_too_large_is_not_read_to_its_end(stage: Stage) -> None:
    await drop(stage, share(stage, b"x" * (5 * MB + 1)))

    assert "larger than 5 MB" in last(stage, COORDINATOR)


async def test_a_redirect_leads_nowhere_but_to_microsoft(stage: Stage) -> None:
    stage.microsoft.world.moved["staff.csv"] = "https://evil.example/staff.csv"

    await drop(stage, share(stage))

    assert "I could not open that file" in last(stage, COORDINATOR)


async def test_an_address_elsewhere_is_not_asked(stage: Stage) -> None:
    await drop(stage, share(stage, url="https://evil.example/staff.csv"))

    assert "I could not open that file" in last(stage, COORDINATOR)


@pytest.mark.parametrize(
    ("url", "is_theirs"),
    [
        ("https://contoso-my.sharepoint.com/personal/sian/_layouts/15/download.aspx?tempauth=x", True),
        ("https://contoso-my.sharepoint.us/download.aspx", True),
        ("http://contoso-my.sharepoint.com/download.aspx", False),
        ("https://sharepoint.com.evil.example/x", False),
        ("https://evilsharepoint.com/x", False),
        ("https://contoso.sharepoint.com@evil.example/x", False),
        ("https://evil.example/?x=.sharepoint.com", False),
        ("http://127.0.0.1/x", False),
        ("http://169.254.169.254/metadata", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_files_are_fetched_from_microsofts_machines_only(url: str, *, is_theirs: bool) -> None:
    assert is_onedrive(url, MICROSOFT) is is_theirs


NOT_GIVEN: tuple[tuple[Mishap, str], ...] = (
    (Status(404), "I could not open that file"),
    (Status(403), "I could not open that file"),
    (Status(503), "did not answer"),
    (DroppedBefore(), "did not answer"),
)


async def test_a_file_that_microsoft_does_not_give_gets_a_sentence(stage: Stage, store: SqlStore) -> None:
    for mishap, sentence in NOT_GIVEN:
        stage.microsoft.fail("download", mishap, mishap)  # a dropped GET is sent once more

        await drop(stage, share(stage))

        assert sentence in last(stage, COORDINATOR), mishap
        stage.microsoft.world.mishaps.planned.clear()
    assert "Nia New" not in await by_name(store)


# --- every other file -----------------------------------------------------------------------------------------------

KINDS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"contentType": "image/*", "contentUrl": "https://smba.trafficmanager.net/v3/attachments/1"}, "a photo"),
    ({"contentType": "audio/mp4"}, "a voice message"),
    ({"contentType": DOWNLOAD, "name": "tour.mov", "content": {"fileType": "mov"}}, "a video"),
    ({"contentType": "image/gif"}, "a sticker"),
    ({"contentType": DOWNLOAD, "name": "tama.vcf"}, "a contact card"),
    ({"contentType": DOWNLOAD, "name": "plan.docx", "content": "nonsense"}, "a file"),
)


async def test_a_teachers_file_gets_the_sentence_of_its_kind_and_is_not_fetched(stage: Stage) -> None:
    for attachment, kind in KINDS:
        stage.clock.seconds += 10  # Teams takes a few messages a second
        await drop(stage, attachment, who="Ann Ash")

        assert f"You sent {kind}" in last(stage, "Ann Ash"), attachment
    await drop(stage, share(stage), who="Ann Ash")
    assert "You sent a file" in last(stage, "Ann Ash")
    assert fetched(stage) == 0


async def test_a_teachers_words_beside_a_photo_are_their_answer(stage: Stage) -> None:
    await drop(stage, {"contentType": "image/png"}, who="Ann Ash", text="status")

    assert "I have read your words only" in last(stage, "Ann Ash")
