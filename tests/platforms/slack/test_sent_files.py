"""Files that people send on Slack: a coordinator's are fetched from Slack alone, and nobody else's at all."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.slack import downloads
from adapters.slack.api import SLACK
from bot.errors import UserError
from bot.events import FileKind, SentFile
from bot.model import Address
from tests.platforms.slack import uploads
from tests.platforms.slack.fake import running_slack
from tests.platforms.slack.house import ANN, OAK, SIAN, House, running_house
from tests.platforms.slack.mishaps import DroppedBefore, Mishap, RateLimited, Refused, Status
from tests.platforms.slack.world import Upload

ROSTER = (
    "given_name,family_name,email,role\n"
    "Ann,Ash,ann.ash@example.org,teacher\n"
    "Bea,Birch,bea.birch@example.org,teacher\n"
    "Head,Oak,head.oak@example.org,principal\n"
    "Siân,Morgan,siân.morgan@example.org,coordinator\n"
    "Nia,New,nia.new@example.org,teacher\n"
).encode()
MB = 1024 * 1024


@pytest.fixture
async def house(sqlite_url: str) -> AsyncIterator[House]:
    async with running_house(sqlite_url) as house:
        yield house


def share(house: House, name: str = "staff.csv", content: bytes = ROSTER, kind: str = "text/csv") -> Upload:
    return uploads.share(house.slack.world, OAK, name, content, kind)


async def members(house: House) -> set[str]:
    async with house.store.transaction() as tx:
        return {each.name for each in await tx.members.of(1)}


# --- a coordinator's file -------------------------------------------------------------------------------------------


async def test_a_roster_that_is_dropped_into_the_chat_is_shown_and_then_used(house: House) -> None:
    file = share(house)

    await house.slack.say(OAK, SIAN, "", file=file)

    assert "Nothing is changed yet" in house.last(OAK, SIAN)
    assert "Nia New" in house.last(OAK, SIAN)
    assert "Nia New" not in await members(house)
    [fetched] = house.slack.called("download")
    assert (fetched.arguments, fetched.token) == ({"file": file.id}, f"xoxb-{OAK}")

    await house.slack.press(OAK, SIAN, label="Use it")

    assert "Done: your roster is in" in house.last(OAK, SIAN)
    assert "Nia New" in await members(house)
    assert house.slack.refused == []
    assert len(house.slack.called("download")) == 1


@pytest.mark.long
async def test_a_long_dry_run_is_shown_in_parts_that_slack_takes(house: House) -> None:
    more = "".join(f"Niamh{n},Llewellyn-Whitfield,nia{n}@example.org,teacher\n" for n in range(300))

    await house.slack.say(OAK, SIAN, "", file=share(house, content=ROSTER + more.encode()))

    await house.slack.press(OAK, SIAN, label="Use it")

    assert "Done: your roster is in" in "".join(house.seen(OAK, SIAN))
    assert {f"Niamh{n} Llewellyn-Whitfield" for n in range(300)} <= await members(house)
    assert house.slack.refused == []


async def test_the_same_file_in_a_second_event_is_read_once(house: House) -> None:
    await house.slack.say(OAK, SIAN, "", file=share(house))
    told = len(house.seen(OAK, SIAN))

    await house.slack.again(1, "http_timeout")

    assert len(house.seen(OAK, SIAN)) == told


async def test_a_file_that_is_too_large_is_not_fetched(house: House) -> None:
    await house.slack.say(OAK, SIAN, "", file=share(house, content=b"x" * (5 * MB + 1)))

    assert "larger than 5 MB" in house.last(OAK, SIAN)
    assert house.slack.called("download") == []


async def test_a_file_that_is_larger_than_slack_says_is_not_read_to_its_end(house: House) -> None:
    file = share(house, content=b"x" * (5 * MB + 1))
    file.length = 10

    await house.slack.say(OAK, SIAN, "", file=file)

    assert "larger than 5 MB" in house.last(OAK, SIAN)


async def test_without_the_scope_a_coordinator_hears_how_the_file_comes_in(house: House) -> None:
    token = house.slack.world.tokens[f"xoxb-{OAK}"]
    token.scopes = token.scopes - {"files:read"}

    await house.slack.say(OAK, SIAN, "", file=share(house))

    assert "not allowed to open files in this workspace yet" in house.last(OAK, SIAN)
    assert "jpd import" in house.last(OAK, SIAN)
    assert house.slack.called("download") == []


async def test_slacks_page_for_signing_in_is_no_file(house: House) -> None:
    page = b"<!DOCTYPE html><html><title>Slack</title></html>"
    await house.slack.say(OAK, SIAN, "", file=share(house, content=page))

    assert "I could not open that file" in house.last(OAK, SIAN)


async def test_a_redirect_leads_nowhere_but_to_slack(house: House) -> None:
    file = share(house)
    async with running_slack() as elsewhere:
        file.moved_to = f"{elsewhere.origin}files/{file.id}"
        await house.slack.say(OAK, SIAN, "", file=file)

        assert elsewhere.calls == []
    assert "I could not open that file" in house.last(OAK, SIAN)


async def test_redirects_without_end_are_given_up(house: House) -> None:
    file = share(house)
    file.moved_to = f"/files/{file.id}"

    await house.slack.say(OAK, SIAN, "", file=file)

    assert "I could not open that file" in house.last(OAK, SIAN)
    assert len(house.slack.called("download")) == 4


NOT_GIVEN: tuple[tuple[str, Mishap, str], ...] = (
    ("files.info", Refused("file_not_found"), "I could not open that file"),
    ("files.info", Refused("file_deleted"), "I could not open that file"),
    ("files.info", DroppedBefore(), "did not answer"),
    ("files.info", RateLimited(9), "did not answer"),
    ("files.info", Refused("team_access_not_granted"), "did not answer"),
    ("download", Status(404), "I could not open that file"),
    ("download", Status(503), "did not answer"),
    ("download", DroppedBefore(), "did not answer"),
)


async def test_a_file_that_slack_does_not_give_gets_a_sentence(house: House) -> None:
    for method, mishap, sentence in NOT_GIVEN:
        house.slack.fail(method, mishap, mishap)  # a dropped GET is sent once more

        await house.slack.say(OAK, SIAN, "", file=share(house))

        assert sentence in house.last(OAK, SIAN), (method, mishap)
        house.slack.mishaps.planned.clear()
    assert "Nia New" not in await members(house)


@pytest.mark.parametrize(
    ("url", "is_slack"),
    [
        ("https://files.slack.com/files-pri/T1-F1/download/staff.csv", True),
        ("http://files.slack.com/files-pri/T1-F1/staff.csv", False),
        ("https://files.slack.com.evil.example/x", False),
        ("https://files.slack.com:8443/x", False),
        ("https://files.slack.com@evil.example/x", False),
        ("https://evil.example/?files.slack.com", False),
        ("http://127.0.0.1/x", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_the_token_goes_to_slacks_machines_for_files_only(url: str, *, is_slack: bool) -> None:
    assert downloads.is_slack(SLACK, url) is is_slack


async def test_a_file_at_another_address_is_not_fetched(house: House) -> None:
    async with running_slack() as elsewhere:
        described = {"size": 1, "url_private_download": f"{elsewhere.origin}files/F1"}
        with pytest.raises(UserError) as refused:
            await downloads.download_file(house.messenger._api, "xoxb-secret", described, MB)  # noqa: SLF001  # the token of the test

        assert refused.value.key == "file-not-opened"
        assert elsewhere.calls == []


async def test_a_workspace_without_a_token_is_asked_for_nothing(house: House) -> None:
    with pytest.raises(Exception, match="download"):
        await house.messenger.download(
            Address("slack", "T0GONE", SIAN), SentFile(FileKind.FILE, "", "F1"), MB
        )


# --- every other file -----------------------------------------------------------------------------------------------


KINDS = (
    ("board.jpg", "image/jpeg", "You sent a photo"),
    ("wow.gif", "image/gif", "You sent a sticker"),
    ("audio_message.m4a", "audio/mp4", "You sent a voice message"),
    ("lesson.mp4", "video/mp4", "You sent a video"),
    ("tama.vcf", "text/vcard", "You sent a contact card"),
    (
        "plan.docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "You sent a file",
    ),
    ("staff.csv", "text/csv", "You sent a file"),
)


async def test_a_teachers_file_gets_the_sentence_of_its_kind_and_is_not_fetched(house: House) -> None:
    for name, kind, sentence in KINDS:
        await house.slack.say(OAK, ANN, "", file=share(house, name, kind=kind))

        assert sentence in house.last(OAK, ANN), name
    assert house.slack.called("files.info") == house.slack.called("download") == []


async def test_a_clip_that_was_recorded_in_slack_is_a_recording(house: House) -> None:
    file = share(house, "audio.mp4", kind="video/mp4")
    said = uploads.shown_in_event(file) | {"subtype": "slack_audio"}

    await house.slack.say(OAK, ANN, "", file=said)

    assert "You sent a voice message" in house.last(OAK, ANN)


async def test_a_teachers_words_beside_a_photo_are_their_answer(house: House) -> None:
    await house.slack.say(OAK, ANN, "status", file=share(house, "board.jpg", kind="image/jpeg"))

    assert "I have read your words only" in house.last(OAK, ANN)
