"""Installation on Slack, admission by a code, and removal: pages, tokens, addresses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from html import escape
from itertools import product

import pytest
from aiohttp import ClientSession, DummyCookieJar, TCPConnector, web
from sqlalchemy import text
from yarl import URL

from adapters.server.web import application, listening
from adapters.slack.api import Api
from adapters.slack.install import MOST_INSTALLS, STATE_LASTS, connect
from bot.model import DeliveryState
from bot.use_cases import workspaces
from storage.secrets import NoSuchKey, Seal, new_key
from storage.tokens import StoredTokens, reseal
from tests.journeys.town import dump
from tests.platforms.slack.house import (
    ANN,
    BEA,
    CAT,
    DAN,
    ELM,
    OAK,
    SIAN,
    House,
    email,
    prompts,
    running_house,
)
from tests.platforms.slack.mishaps import DroppedBefore, RateLimited, Refused, Status
from tests.platforms.slack.wire import Answer

ADMIN = "U0ADMIN"


@pytest.fixture
async def bare(database_url: str) -> AsyncIterator[House]:
    """The running bot, installed nowhere."""
    async with running_house(database_url, bare=True) as house:
        house.slack.add_person(OAK, ADMIN, "it@example.org")
        yield house


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with running_house(database_url) as house:
        yield house


def words(key: str) -> str:
    return prompts().voice("en").text(key)


async def install(house: House, team: str = OAK, user: str = ADMIN, *, enterprise: str = "") -> Answer:
    house.slack.installing(team, user, enterprise=enterprise)
    return await house.slack.install(f"{house.url}/slack/install")


def install_routes(house: House, session: ClientSession, public_url: str) -> list[web.RouteDef]:
    """Return the routes of installation as the platform connects them."""
    known = house.slack.installs
    return connect(
        Api(session, house.slack.api_url), house.installations, house.connection.take, prompts().voice("en"),
        lambda: house.now, client_id=known.client_id, client_secret=known.client_secret, public_url=public_url,
    )  # fmt: skip


class Browser:
    """A browser with cookies, one step at a time."""

    def __init__(self, house: House, session: ClientSession) -> None:
        self.house, self.session, self.cookie = house, session, ""

    async def begin(self) -> URL:
        """Go to Slack's page."""
        async with self.session.get(f"{self.house.url}/slack/install", allow_redirects=False) as page:
            assert page.status == 302
            [(name, morsel)] = page.cookies.items()
            assert morsel["secure"]
            assert morsel["httponly"]
            self.cookie = f"{name}={morsel.value}"
            return URL(page.headers["Location"])

    async def allow(self, url: URL) -> URL:
        """Press *Allow*, and return the redirect address."""
        async with self.session.get(url, allow_redirects=False) as page:
            return URL(page.headers["Location"])

    async def end(self, url: URL, *, cookie: str | None = None) -> tuple[int, str]:
        """Follow the redirect back to the app."""
        header = {"Cookie": self.cookie if cookie is None else cookie}
        async with self.session.get(url, headers=header, allow_redirects=False) as page:
            return page.status, await page.text()


@pytest.fixture
async def browser(bare: House) -> AsyncIterator[Browser]:
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        yield Browser(bare, session)


# --- the way through the browser ------------------------------------------------------------------------------------


async def test_installing_leads_from_the_page_to_a_greeting(bare: House) -> None:
    done = await install(bare)

    assert done.status == 200
    assert words("install.done") in done.body
    assert done.headers["Content-Type"].startswith("text/html")
    assert '<meta charset="utf-8">' in done.body
    assert "default-src 'none'" in done.headers["Content-Security-Policy"]
    token = await bare.installations.token(OAK)
    assert token in bare.slack.world.tokens
    assert bare.last(OAK, ADMIN).startswith(words("workspace.installed").replace("**", "")[:40])
    assert await bare.installations.token(ELM) is None
    assert token not in done.body


async def test_it_asks_for_the_scopes_of_the_manifest_only(browser: Browser) -> None:
    from adapters.slack.manifest import SCOPES

    there = await browser.begin()

    assert set(there.query["scope"].split(",")) == SCOPES
    assert there.query.get("user_scope", "") == ""


async def test_a_state_counts_once_and_loading_the_last_page_again_is_no_failure(browser: Browser) -> None:
    back = await browser.allow(await browser.begin())

    pages = [await browser.end(back) for _ in range(3)]
    elsewhere = await browser.end(back, cookie="")

    assert [status for status, _ in pages] == [200, 200, 200]
    assert all(words("install.done") in page for _, page in pages)
    assert len(browser.house.slack.called("oauth.v2.access")) == 1
    assert elsewhere[0] == 400
    browser.house.now += timedelta(days=2)
    assert (await browser.end(back))[0] == 401


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ({"refresh_token": "xoxe-1-refresh", "expires_in": 43_200}, "token-rotates"),
        ({"access_token": "xoxe.xoxb-1-short"}, "token-rotates"),
        ({"access_token": ""}, "no-bot-token"),
        ({"access_token": None}, "no-bot-token"),
        ({"access_token": "xoxp-1-person", "token_type": "user"}, "token-of-person"),
    ],
)
async def test_a_token_that_the_bot_cannot_use_is_refused_with_a_sentence(
    browser: Browser, kind: dict[str, object], reason: str
) -> None:
    browser.house.slack.installs.answer = kind
    back = await browser.allow(await browser.begin())

    status, page = await browser.end(back)

    assert status == 400
    assert words("install.failed") in page
    assert escape(words(f"install.{reason}")) in page
    assert await rows(browser.house) == []
    assert browser.house.slack.conversation(OAK, ADMIN) == []


async def test_slack_is_told_where_to_come_back_if_the_public_address_is_known(bare: House) -> None:
    voice = prompts().voice("en")
    async with ClientSession() as session:
        routes = install_routes(bare, session, "https://jpd.example.org")
        app = application(routes, voice=voice)
        async with listening(app, "127.0.0.1", 0) as port:
            url = f"http://127.0.0.1:{port}/slack/install"
            async with session.get(url, allow_redirects=False) as page:
                there = URL(page.headers["Location"])

    assert there.query["redirect_uri"] == "https://jpd.example.org/slack/oauth"


async def test_a_strangers_body_is_not_read(bare: House, capsys: pytest.CaptureFixture[str]) -> None:
    query = "?state=%FF&code={{&code=2&team=%00"
    requests = product(
        ("GET", "HEAD"),
        ("/slack/install", "/slack/oauth"),
        (b"{{", b"\xff", b"\xff\xfe", b"[1, 2", b'{"a": ' * 400, b"payload=%7B"),
        ("application/json", "application/x-www-form-urlencoded", "text/plain", ""),
        ("", "slack-app-oauth-state=; =;;"),
    )
    async with ClientSession(connector=TCPConnector(force_close=True)) as session:
        for method, path, body, kind, cookie in requests:
            url = URL(f"{bare.url}{path}{query}", encoded=True)
            headers = {"Content-Type": kind, "Cookie": cookie}
            asked = session.request(method, url, data=body, headers=headers, allow_redirects=False)
            async with asked as answer:
                assert answer.status == (302 if path == "/slack/install" else 400)
    assert "failed" not in capsys.readouterr().out


async def test_strangers_begin_so_many_installations_in_ten_minutes_and_no_more(bare: House) -> None:
    for number in range(MOST_INSTALLS):
        await bare.installations.begin_install(f"stranger {number}", bare.now + STATE_LASTS)

    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        page = await session.get(f"{bare.url}/slack/install", allow_redirects=False)
        assert page.status == 429
        assert words("install.later") in await page.text()
        assert await bare.installations.installs_begun(bare.now) == MOST_INSTALLS
        bare.now += STATE_LASTS
        again = await session.get(f"{bare.url}/slack/install", allow_redirects=False)

    assert again.status == 302


async def test_a_state_counts_for_ten_minutes(browser: Browser) -> None:
    back = await browser.allow(await browser.begin())
    browser.house.now += timedelta(minutes=10)

    assert (await browser.end(back))[0] == 401
    assert await browser.house.installations.token(OAK) is None
    assert browser.house.slack.called("oauth.v2.access") == []


@pytest.mark.parametrize("cookie", ["", "slack-app-oauth-state=another", "other=1"])
async def test_a_state_counts_in_the_browser_that_set_out(browser: Browser, cookie: str) -> None:
    back = await browser.allow(await browser.begin())

    assert (await browser.end(back, cookie=cookie))[0] == 400
    assert await browser.house.installations.token(OAK) is None


@pytest.mark.parametrize(
    "query", ["", "?state=", "?state=x&code=y", "?code=y", "?state=x", "?error=%3Cb%3E&state=x"]
)
async def test_who_never_set_out_gets_a_page_and_nothing_else(
    browser: Browser, query: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = await dump(browser.house.store)

    status, page = await browser.end(URL(f"{browser.house.url}/slack/oauth{query}", encoded=True))

    assert status in (200, 400, 401)
    assert words("install.again") in page
    assert "<b>" not in page
    assert await dump(browser.house.store) == before
    assert "<b>" not in capsys.readouterr().out


async def test_cancelling_installs_nothing_and_says_so(bare: House) -> None:
    bare.slack.installing(OAK, ADMIN, error="access_denied")

    page = await bare.slack.install(f"{bare.url}/slack/install")

    assert page.status == 200
    assert words("install.cancelled") in page.body
    assert await bare.installations.token(OAK) is None


async def test_a_wrong_code_installs_nothing(browser: Browser) -> None:
    back = await browser.allow(await browser.begin())

    status, page = await browser.end(back.update_query(code="another"))

    assert status == 401
    assert words("install.failed") in page
    assert await browser.house.installations.token(OAK) is None


@pytest.mark.parametrize(
    "mishap", [Status(503), DroppedBefore(), RateLimited(5), Refused("bad_client_secret")], ids=str
)
async def test_while_slack_is_silent_there_is_a_page_and_another_try(
    browser: Browser, mishap: object, capsys: pytest.CaptureFixture[str]
) -> None:
    back = await browser.allow(await browser.begin())
    browser.house.slack.fail("oauth.v2.access", mishap)  # type: ignore[arg-type]  # each is one

    status, page = await browser.end(back)

    assert 400 <= status < 600
    assert words("install.failed") in page
    assert words("install.again") in page
    assert await browser.house.installations.token(OAK) is None
    logged = capsys.readouterr()
    assert "client-secret" not in logged.out + logged.err
    back = await browser.allow(await browser.begin())
    assert (await browser.end(back))[0] == 200


async def test_a_greeting_that_cannot_be_sent_does_not_undo_the_installation(bare: House) -> None:
    bare.slack.fail("chat.postMessage", Refused("messages_tab_disabled"))

    assert (await install(bare)).status == 200
    assert await bare.installations.token(OAK) is not None


# --- at rest --------------------------------------------------------------------------------------------------------


async def rows(house: House) -> list[tuple[object, ...]]:
    async with house.store.transaction() as tx:
        found = await tx.connection.execute(text("SELECT * FROM platform_token ORDER BY workspace"))
        return [tuple(row) for row in found]


async def test_a_token_lies_sealed_in_the_store(bare: House) -> None:
    await install(bare)
    token = await bare.installations.token(OAK)
    assert token is not None

    written = repr([bytes(each) if isinstance(each, memoryview) else each for each in (await rows(bare))[0]])
    everything = repr(await dump(bare.store))

    assert OAK in written
    assert token not in written + everything
    assert token[5:] not in written + everything


async def test_states_and_codes_lie_as_fingerprints(browser: Browser) -> None:
    there = await browser.begin()
    code = await browser.house.code()

    everything = repr(await dump(browser.house.store))

    assert there.query["state"] not in everything
    assert code not in everything
    assert code.replace("-", "") not in everything


async def test_keys_are_changed_by_sealing_anew(database_url: str) -> None:
    old, new = new_key(), new_key()
    async with running_house(database_url) as house:

        def by(*keys: str) -> StoredTokens:
            return StoredTokens(house.store, Seal(keys), "slack")

        for team in (OAK, ELM):
            await house.installations.delete(team)
            await by(old).save(team, f"xoxb-{team}", name="", now=house.now)
        assert await by(new).token(OAK) is None  # what is owed there waits until the key is back
        with pytest.raises(NoSuchKey):
            await reseal(house.store, Seal([new]))
        assert await by(old).token(OAK) == f"xoxb-{OAK}"
        assert await reseal(house.store, Seal([new, old])) == 2
        assert await by(new).token(OAK) == f"xoxb-{OAK}"
        assert await by(new).token(ELM) == f"xoxb-{ELM}"
        assert await by(old).token(ELM) is None


async def test_a_workspace_that_moves_into_an_organisation_has_its_newest_token(bare: House) -> None:
    assert (await install(bare)).status == 200
    before = await bare.installations.token(OAK)
    world = bare.slack.world
    world.workspaces[OAK] = replace(world.workspaces[OAK], enterprise="E1")
    world.end_tokens(OAK, "token_revoked")
    assert (await install(bare)).status == 200

    assert await bare.installations.token(OAK) not in (None, before)
    assert len(await rows(bare)) == 1


async def test_no_workspace_is_no_key_to_anybodys_token(bare: House) -> None:
    await bare.installations.save("E1", "xoxb-wide", name="", now=bare.now)
    await bare.installations.save(OAK, "xoxb-oak", name="", now=bare.now)

    assert await bare.installations.token("") is None
    await bare.installations.delete("")
    assert await bare.installations.token("E1") == "xoxb-wide"
    assert await bare.installations.token(OAK) == "xoxb-oak"


# --- a whole organisation -------------------------------------------------------------------------------------------


async def test_an_organisation_installs_once_for_all_its_workspaces(bare: House) -> None:
    slack = bare.slack
    slack.add_workspace("T0IN", "Inside", enterprise="E1")
    slack.add_workspace("T1IN", "Beside", enterprise="E1")
    slack.add_person("T0IN", "U0E", email("Ann Ash"))
    slack.add_person("T1IN", "U1E", email("Bea Birch"))
    slack.add_person("T0IN", ADMIN)
    await install(bare, "T0IN", enterprise="E1")
    code = await bare.code()

    assert "Welcome" in (await slack.command("T0IN", "U0E", f"link {code}")).body
    assert "no cycle" in (await slack.command("T0IN", "U0E", "status")).body
    assert (await slack.say("T1IN", "U1E", "status")).status == 200

    assert await bare.installations.token("E1") is not None
    address = await bare.address_of("Ann Ash")
    assert address is not None
    assert address.workspace == "E1"
    assert "no cycle" in bare.last("T1IN", "U1E")
    assert await bare.address_of("Bea Birch") is not None


async def test_a_workspace_inside_an_organisation_may_have_its_own(bare: House) -> None:
    slack = bare.slack
    slack.add_workspace("T0IN", "Inside", enterprise="E1")
    slack.add_person("T0IN", ADMIN)
    await install(bare, "T0IN")

    assert await bare.installations.token("T0IN") is not None
    assert await bare.installations.token("E1") is None
    assert (await slack.uninstall("T0IN"))[0].status == 200
    assert await bare.installations.token("T0IN") is None


async def test_an_organisation_that_removes_the_bot_has_no_token_from_that_moment(bare: House) -> None:
    slack = bare.slack
    slack.add_workspace("T0IN", "Inside", enterprise="E1")
    slack.add_person("T0IN", ADMIN)
    await install(bare, "T0IN", enterprise="E1")
    for token in slack.world.tokens.values():
        token.gone = "account_inactive"

    for answer in await slack.uninstall("T0IN"):
        assert answer.status == 200
    assert await bare.installations.token("E1") is None


# --- coming back ----------------------------------------------------------------------------------------------------


async def test_a_workspace_removed_in_the_middle_of_a_cycle_gets_nothing_and_the_others_go_on(
    house: House,
) -> None:
    for team, user in ((OAK, ANN), (OAK, BEA), (ELM, CAT), (ELM, DAN)):
        await house.slack.say(team, user, "help")
    await house.invite()
    await house.slack.uninstall(ELM)
    calls = len(house.slack.calls)

    await house.beat()

    assert {call.team for call in house.slack.calls[calls:]} == {OAK}
    ledger = await house.ledger()
    assert {ledger[name].state for name in ("Ann Ash", "Bea Birch")} == {DeliveryState.SENT}
    assert (ledger["Cat Cox"].state, ledger["Cat Cox"].reason) == (DeliveryState.QUEUED, "not-connected")
    status = (await house.slack.command(OAK, SIAN, "status")).body
    assert words("reason.not-connected")[:20] in status

    await install(house, ELM, CAT)
    assert "Good to be back" in house.last(ELM, CAT)
    await house.beat(after=timedelta(minutes=1))
    assert {each.state for each in (await house.ledger()).values()} == {DeliveryState.SENT}
    assert await house.address_of("Dan Dove") is not None


async def test_after_thirty_days_what_came_from_a_removed_workspace_is_erased(house: House) -> None:
    for team, user in ((OAK, ANN), (ELM, CAT)):
        await house.slack.say(team, user, "help")
    await house.slack.uninstall(ELM)

    async def erased(days: int) -> int:
        async with house.store.transaction() as tx:
            return await workspaces.erase_removed(tx, house.now + timedelta(days=days))

    assert await erased(29) == 0
    assert ELM in repr(await dump(house.store, without=("event_seen",)))
    assert await erased(30) == 1
    left = repr(await dump(house.store, without=("event_seen",)))
    assert ELM not in left
    assert CAT not in left
    assert OAK in left
    assert "Cat Cox" not in (await house.slack.command(OAK, SIAN, "help")).body
