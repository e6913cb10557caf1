"""`jpd doctor` looks outside: what is found of Slack, of Microsoft's sign-in, and of our own address."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import text
from structlog.testing import capture_logs
from typer.testing import CliRunner

from adapters.chat.platform import Finding
from adapters.chat.watch import NoteKind
from adapters.cli.doctor import examine
from adapters.cli.main import app
from adapters.server.web import application, listening
from adapters.slack.manifest import SCOPES
from adapters.slack.platform import WORKSPACES_ASKED
from bot.prompts import Prompts
from storage.notes import StoredNotes
from storage.secrets import Seal, new_key
from storage.store import SqlStore
from storage.tokens import StoredTokens, reseal
from tests.cli.test_doctor import well
from tests.platforms.slack.fake import FakeSlack, running_slack
from tests.platforms.slack.mishaps import Hang, RateLimited, Status
from tests.platforms.teams.fake import FakeMicrosoft, running_microsoft
from tests.platforms.teams.world import APP, HOME, PASSWORD
from tests.platforms.teams.world import World as Microsoft365
from tests.storage.world import NOW, World
from tests.support.command_line import run_jpd
from tests.support.limits import HANG
from tests.support.places import ROOT
from tests.support.settings import environment

NOBODY = "http://127.0.0.1:1"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith(("JPD_", "IDENTITY_", "MSI_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", NOBODY)  # whatever this machine may be in
    monkeypatch.chdir(tmp_path)
    yield
    structlog.reset_defaults()  # the command line sets them for its process


async def findings(url: str, *, seconds: float = HANG, public_url: str = "", **given: Any) -> list[Finding]:
    """The doctor's findings, except that no platform is named.

    `public_url` is an address on this machine, which no operator can set.
    """
    now = datetime.now(UTC)  # noqa: TID251  # the doctor compares real clocks
    with capture_logs(), environment(database_url=url, **given) as read:
        read = read.model_copy(update={"public_url": public_url.rstrip("/")})
        found = [each async for each in examine(read, now, seconds=seconds)]
    return [each for each in found if each.key != "no-platform"]


def keys(found: list[Finding]) -> list[str]:
    return [each.key for each in found]


def said(url: str, **environment: str) -> list[str]:
    """The lines that an operator reads."""
    given = {f"JPD_{name}": value for name, value in {"DATABASE_URL": url, **environment}.items()}
    done = CliRunner().invoke(app, ["doctor"], env=given)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return [each for each in done.output.splitlines() if each.startswith("- ")]


# --- Slack ----------------------------------------------------------------------------------------------------------


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with running_slack() as slack:
        slack.add_workspace("T1", "Oak")
        slack.add_token("xoxb-good", "T1")
        yield slack


async def test_a_token_that_is_taken_no_more_and_a_platform_that_is_silent_are_found(
    sqlite_url: str, slack: FakeSlack
) -> None:
    await well(sqlite_url)
    one: dict[str, Any] = {"slack_signing_secret": "s", "slack_api_url": slack.api_url}

    assert await findings(sqlite_url, slack_bot_token="xoxb-good", **one) == []
    assert keys(await findings(sqlite_url, slack_bot_token="xoxb-old", **one)) == ["token"]
    away = one | {"slack_api_url": f"{NOBODY}/"}
    assert keys(await findings(sqlite_url, slack_bot_token="xoxb-good", **away)) == ["platform-silent"]
    slack.fail("auth.test", RateLimited(30))
    assert await findings(sqlite_url, slack_bot_token="xoxb-good", **one) == []


async def test_the_token_of_a_socket_is_tried_as_well(sqlite_url: str, slack: FakeSlack) -> None:
    await well(sqlite_url)
    one: dict[str, Any] = {"slack_bot_token": "xoxb-good", "slack_api_url": slack.api_url}

    assert await findings(sqlite_url, slack_app_token=slack.installs.app_token, **one) == []
    [found] = await findings(sqlite_url, slack_app_token="xapp-old", **one)
    assert found == Finding("token", {"name": "JPD_SLACK_APP_TOKEN"})


@dataclass(frozen=True)
class Many:
    """An installation for many workspaces, without any."""

    url: str
    slack: FakeSlack
    key: str

    async def install(self, team: str, token: str, *, hours: int = 0, key: str = "") -> None:
        """Store a token as an installation does."""
        store = SqlStore(self.url, durable=False)
        tokens = StoredTokens(store, Seal([key or self.key]), "slack")
        await tokens.save(team, token, name=f"School {team}", now=NOW + timedelta(hours=hours))
        await store.close()

    async def found(self, *keys: str, seconds: float = HANG) -> list[Finding]:
        client = {f"slack_{name}": "x" for name in ("client_id", "client_secret", "signing_secret")}
        known = ",".join(keys or (self.key,))
        return await findings(
            self.url, seconds=seconds, secret_keys=known, slack_api_url=self.slack.api_url, **client
        )


@pytest.fixture
async def many(sqlite_url: str, slack: FakeSlack) -> Many:
    async def linked(store: SqlStore, world: World) -> None:
        async with store.transaction() as tx:
            for school in world.schools.values():
                await tx.workspaces.link("slack", "T1", school, NOW)

    await well(sqlite_url, linked)
    return Many(sqlite_url, slack, new_key())


async def test_schools_without_a_workspace_and_lost_keys_are_found(many: Many) -> None:
    lost = new_key()
    await many.install("T1", "xoxb-good", key=lost)

    assert keys(await many.found()) == ["no-such-key"]
    assert await many.found(many.key, lost) == []
    store = SqlStore(many.url)
    async with store.transaction() as tx:
        await tx.connection.execute(text("DELETE FROM workspace_school"))
    await reseal(store, Seal([many.key, lost]))
    await store.close()
    assert keys(await many.found()) == ["no-workspace"] * 3


async def test_of_many_workspaces_the_one_is_named_that_takes_our_token_no_more(many: Many) -> None:
    await many.install("T1", "xoxb-good")
    await many.install("T2", "xoxb-old")
    await many.install("T3", "xoxb-good")

    assert await many.found() == [Finding("workspace-token", {"workspace": "School T2"})]


async def test_of_very_many_workspaces_only_the_newest_are_asked(many: Many) -> None:
    await many.install("OLD", "xoxb-old")
    for number in range(WORKSPACES_ASKED):
        await many.install(f"T{number}", "xoxb-good", hours=1)

    assert await many.found() == []
    assert len(many.slack.called("auth.test")) == WORKSPACES_ASKED


async def test_a_slack_that_hangs_is_said_once_and_waited_for_once(
    many: Many,
) -> None:
    for number in range(3):
        await many.install(f"T{number}", "xoxb-good")
    many.slack.fail("auth.test", Hang(), Hang())

    assert keys(await many.found(seconds=0.2)) == ["platform-silent"]


async def test_a_platform_from_which_no_event_ever_came_is_found(sqlite_url: str, slack: FakeSlack) -> None:
    async def unheard(store: SqlStore, _: World) -> None:
        await StoredNotes(store, "slack").clear(NoteKind.HEARD)

    await well(sqlite_url, unheard)
    one: dict[str, Any] = {"slack_signing_secret": "s", "slack_api_url": slack.api_url}

    assert keys(await findings(sqlite_url, slack_bot_token="xoxb-good", **one)) == ["no-event-slack"]
    assert keys(await findings(sqlite_url, slack_bot_token="xoxb-old", **one)) == ["token"]


async def test_what_a_platform_did_while_the_bot_served_is_found(sqlite_url: str, slack: FakeSlack) -> None:
    async def noted(store: SqlStore, _: World) -> None:
        notes = StoredNotes(store, "slack")
        await notes.add(NoteKind.RESTS, NOW, workspace="T1", reason="org_login_required")
        for _again in range(3):
            await notes.add(NoteKind.REFUSED, NOW)
        await notes.add(NoteKind.RESTS, NOW, workspace="T2", reason="invalid_auth")
        await notes.clear(NoteKind.RESTS, workspace="T2")

    await well(sqlite_url, noted)
    lines = await asyncio.to_thread(
        said,
        sqlite_url,
        SLACK_BOT_TOKEN="xoxb-good",
        SLACK_SIGNING_SECRET="s",
        SLACK_API_URL=slack.api_url,
    )

    refused, rests = lines
    assert "refused to show 3 answers" in refused
    assert "The workspace T1 on slack has taken nothing" in rests
    assert "org_login_required" in rests


@pytest.mark.parametrize(
    ("token", "key"),
    [("xoxe.xoxb-1", "token-rotates"), ("xoxp-1", "token-of-person"), ("xapp-1", "no-bot-token")],
)
async def test_a_token_that_the_bot_cannot_use_is_found(
    sqlite_url: str, slack: FakeSlack, token: str, key: str
) -> None:
    await well(sqlite_url)
    slack.add_token(token, "T1")
    one: dict[str, Any] = {"slack_signing_secret": "s", "slack_api_url": slack.api_url}

    assert keys(await findings(sqlite_url, slack_bot_token=token, **one)) == [key]


async def test_an_installation_that_is_older_than_the_manifest_is_found(
    sqlite_url: str, slack: FakeSlack
) -> None:
    await well(sqlite_url)
    slack.add_token("xoxb-narrow", "T1", scopes=",".join(SCOPES - {"files:read", "im:history"}))
    one: dict[str, Any] = {"slack_signing_secret": "s", "slack_api_url": slack.api_url}

    [found] = await findings(sqlite_url, slack_bot_token="xoxb-narrow", **one)

    assert found == Finding("scopes", {"name": "JPD_SLACK_BOT_TOKEN", "scopes": "files:read, im:history"})


async def test_an_app_that_was_made_from_an_older_manifest_is_found(
    sqlite_url: str, microsoft: FakeMicrosoft, tmp_path: Path
) -> None:
    async def old(store: SqlStore, _: World) -> None:
        await StoredNotes(store, "teams").add(NoteKind.MADE, NOW, reason="1.0.0")

    await well(sqlite_url, old)
    known: dict[str, Any] = {
        "teams_app_id": APP, "teams_app_password": PASSWORD, "teams_tenant_id": HOME,
        "teams_openid_url": microsoft.openid_url, "teams_login_url": microsoft.login_url,
    }  # fmt: skip

    assert keys(await findings(sqlite_url, **known)) == ["app-is-older"]
    words = ["manifest", "teams", "--app-id", APP, "--url", "https://jpd.example.org"]
    made = await asyncio.to_thread(
        run_jpd, *words, folder=tmp_path, settings={"JPD_DATABASE_URL": sqlite_url}
    )
    assert made.returncode == 0, made.stderr
    assert await findings(sqlite_url, **known) == []


# --- Microsoft's sign-in --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def running() -> Iterator[FakeMicrosoft]:
    with running_microsoft() as microsoft:
        yield microsoft


@pytest.fixture
def microsoft(running: FakeMicrosoft) -> FakeMicrosoft:
    running.world = Microsoft365()
    return running


def teams(microsoft: FakeMicrosoft, **changes: Any) -> dict[str, Any]:
    """Settings that fit the fake Microsoft."""
    known = {"teams_app_id": APP, "teams_app_password": PASSWORD, "teams_tenant_id": HOME}
    return (
        known | {"teams_openid_url": microsoft.openid_url, "teams_login_url": microsoft.login_url} | changes
    )


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"teams_app_password": "another"}, ["sign-in-refused"]),
        ({"teams_app_id": "00000000-0000-0000-0000-000000000000"}, ["sign-in-refused"]),
        ({"teams_tenant_id": "00000000-0000-0000-0000-000000000000"}, ["no-tenant"]),
        ({"teams_login_url": NOBODY}, ["sign-in-silent"]),
    ],
    ids=str,
)
async def test_a_sign_in_that_is_refused_is_told_from_one_that_nobody_answers(
    sqlite_url: str, microsoft: FakeMicrosoft, changes: dict[str, str], found: list[str]
) -> None:
    await well(sqlite_url)

    assert keys(await findings(sqlite_url, **teams(microsoft, **changes))) == found


@pytest.mark.parametrize("what", ["discovery", "token"])
async def test_a_microsoft_that_is_ill_refuses_nobody(
    sqlite_url: str, microsoft: FakeMicrosoft, what: str
) -> None:
    await well(sqlite_url)
    microsoft.fail(what, Status(503))

    assert keys(await findings(sqlite_url, **teams(microsoft))) == ["sign-in-silent"]


async def test_where_anybody_is_believed_nobody_signs_in(sqlite_url: str, microsoft: FakeMicrosoft) -> None:
    await well(sqlite_url)
    anonymous: dict[str, Any] = {
        "teams_openid_url": microsoft.openid_url,
        "teams_login_url": microsoft.login_url,
    }

    assert await findings(sqlite_url, teams_anonymous=True, **anonymous) == []
    assert (microsoft.world.count("discovery"), microsoft.world.count("token")) == (0, 0)


async def test_a_machine_without_its_identity_is_found(
    sqlite_url: str, microsoft: FakeMicrosoft, monkeypatch: pytest.MonkeyPatch
) -> None:
    await well(sqlite_url)
    managed = teams(microsoft, teams_app_password=None, teams_managed_identity=True)

    assert keys(await findings(sqlite_url, **managed)) == ["no-identity"], "outside Azure"
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{microsoft.origin}/managed/token")
    monkeypatch.setenv("IDENTITY_HEADER", "header")
    another = managed | {"teams_app_id": "00000000-0000-0000-0000-000000000000"}
    assert keys(await findings(sqlite_url, **another)) == ["no-identity"], "another's"
    assert await findings(sqlite_url, **managed) == []


# --- our own address ------------------------------------------------------------------------------------------------


@asynccontextmanager
async def ours() -> AsyncIterator[str]:
    """`jpd serve`'s application, and its address."""
    voice = Prompts.load(ROOT / "prompts").voice("en")
    async with listening(application([], voice=voice), "127.0.0.1", 0) as port:
        yield f"http://127.0.0.1:{port}"


@asynccontextmanager
async def somebody(answer: web.Response, trust: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A server that gives this answer to every request."""

    async def everything(_: web.Request) -> web.Response:
        return answer

    other = web.Application()
    other.router.add_get("/{tail:.*}", everything)
    runner = web.AppRunner(other, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=trust).start()
    yield f"http{'s' if trust else ''}://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_where_we_answer_ourselves_there_is_nothing_to_say(sqlite_url: str) -> None:
    await well(sqlite_url)
    async with ours() as address:
        assert await findings(sqlite_url, public_url=address) == []
        [found] = await findings(sqlite_url, public_url=f"{address}/a/path/that/nobody/takes/away")
    assert found.key == "public-other"


async def test_where_nobody_answers_or_nobody_in_time_it_is_said(sqlite_url: str) -> None:
    await well(sqlite_url)
    async with running_slack() as hanging:
        hanging.fail("healthz", Hang())
        for address in (NOBODY, hanging.api_url):
            assert keys(await findings(sqlite_url, seconds=0.2, public_url=address)) == ["public-silent"]


@pytest.mark.parametrize("status", [200, 404, 502])
async def test_where_somebody_else_answers_it_is_said_with_the_status(sqlite_url: str, status: int) -> None:
    await well(sqlite_url)
    async with somebody(web.Response(text="ok", status=status)) as address:
        [found] = await findings(sqlite_url, public_url=address)

    assert found == Finding("public-other", {"url": address, "status": status})


async def test_nobody_is_followed_to_where_they_point(sqlite_url: str) -> None:
    await well(sqlite_url)
    async with (
        ours() as elsewhere,
        somebody(web.Response(status=302, headers={"Location": f"{elsewhere}/healthz"})) as address,
    ):
        [found] = await findings(sqlite_url, public_url=address)

    assert found == Finding("public-other", {"url": address, "status": 302})


async def test_a_certificate_that_nobody_trusts_is_found(sqlite_url: str, tmp_path: Path) -> None:
    await well(sqlite_url)
    async with somebody(web.Response(), self_signed(tmp_path)) as address:
        [found] = await findings(sqlite_url, public_url=address)

    assert found == Finding("public-certificate", {"url": address})


def self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "jpd.example.org")])
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), NOW, NOW.replace(year=2100)
    )
    made = made.add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
    )
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(private + pem)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "both.pem")
    return context


# --- as it is read --------------------------------------------------------------------------------------------------


def test_without_a_database_it_still_looks_outside_and_shows_no_secret(
    microsoft: FakeMicrosoft, tmp_path: Path
) -> None:
    lines = said(
        f"sqlite+aiosqlite:///{tmp_path}/none.sqlite",
        TEAMS_APP_ID=APP,
        TEAMS_APP_PASSWORD="secret-of-another",
        TEAMS_TENANT_ID=HOME,
        TEAMS_OPENID_URL=microsoft.openid_url,
        TEAMS_LOGIN_URL=microsoft.login_url,
        PUBLIC_URL="https://jpd.invalid",
        SECRET_KEYS=new_key(),
    )

    no_database, no_sign_in, no_address = lines
    assert "There is no database" in no_database
    assert "does not let the bot sign in (invalid_client)" in no_sign_in
    assert "Nobody answers at https://jpd.invalid" in no_address
    assert "secret-of-another" not in str(lines)
