from io import BytesIO

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from adapters.server.web import application
from bot.errors import StoreAway
from bot.prompts import Prompts, Voice
from tests.support.places import PROMPTS

VOICE: Voice = Prompts.load(PROMPTS).voice("en")


async def fail(_: web.Request) -> web.Response:
    raise RuntimeError("a secret of ours")


async def find_no_store(_: web.Request) -> web.Response:
    raise StoreAway


async def read(request: web.Request) -> web.Response:
    return web.Response(text=str(len(await request.read())))


async def own_policy(_: web.Request) -> web.Response:
    return web.Response(headers={"Content-Security-Policy": "default-src 'self'"})


ROUTES = [
    web.get("/fail", fail),
    web.get("/away", find_no_store),
    web.post("/read", read),
    web.get("/own", own_policy),
]


async def client(**options: object) -> TestClient[web.Request, web.Application]:
    found = TestClient(TestServer(application(ROUTES, voice=VOICE, **options)))  # type: ignore[arg-type]  # passed on
    await found.start_server()
    return found


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/fail"])
async def test_every_answer_is_locked_down(path: str) -> None:
    async with await client() as page:
        answer = await page.get(path)

    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers


async def test_a_page_may_have_a_policy_of_its_own() -> None:
    async with await client() as page:
        assert (await page.get("/own")).headers["Content-Security-Policy"] == "default-src 'self'"


async def test_without_its_store_a_route_says_that_it_is_for_a_while() -> None:
    async with await client() as page:
        answer = await page.get("/away")

        assert answer.status == 503
        assert await answer.json() == {"error": VOICE.text("web.unexpected")}


async def test_a_fault_of_ours_is_an_apology_without_a_detail() -> None:
    async with await client() as page:
        asked, seen = await page.get("/fail"), await page.get("/fail", headers={"Accept": "text/html"})

        assert asked.status == seen.status == 500
        assert await asked.json() == {"error": VOICE.text("web.unexpected")}
        assert await seen.text() == VOICE.text("web.unexpected")


@pytest.mark.parametrize(
    ("method", "path", "status", "key"),
    [("GET", "/nowhere", 404, "web.not-found"), ("GET", "/read", 405, "web.not-allowed")],
)
async def test_what_is_not_there_is_said_in_a_sentence(method: str, path: str, status: int, key: str) -> None:
    async with await client() as page:
        answer = await page.request(method, path)

        assert (answer.status, await answer.json()) == (status, {"error": VOICE.text(key)})


@pytest.mark.parametrize(("size", "status"), [(1024 * 1024, 200), (1024 * 1024 + 1, 413)])
async def test_a_body_has_one_mebibyte(size: int, status: int) -> None:
    async with await client() as page:
        assert (await page.post("/read", data=BytesIO(b"x" * size))).status == status


async def test_what_must_be_closed_is_closed_when_it_stops() -> None:
    closed = []

    async def close() -> None:
        closed.append(True)

    async with await client(closing=[close]):
        pass

    assert closed == [True]
