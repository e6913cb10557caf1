"""A fake Microsoft in a thread of its own: signing keys, Entra, Connector, as strict as the real one."""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache, lru_cache
from typing import Any

from aiohttp import web

from adapters.teams.render import CARD_BYTES as LONGEST_CARD
from tests.platforms.slack.mishaps import (
    DroppedAfter,
    DroppedBefore,
    Fine,
    Hang,
    Mishap,
    RateLimited,
    Refused,
    Status,
)
from tests.platforms.teams.world import APP, BOT, HOME, ISSUER, PASSWORD, Call, Json, Line, World
from tests.support.limits import HANG
from tests.support.places import SCHEMAS

CARD = "application/vnd.microsoft.card.adaptive"
CONSENT = "application/vnd.microsoft.teams.card.file.consent"
FILE_INFO = "application/vnd.microsoft.teams.card.file.info"
LOGIN = "https://login.microsoftonline.com"
CARD_SCHEMA = SCHEMAS / "adaptive-card-1.5.schema.json"


@contextmanager
def running_microsoft() -> Iterator[FakeMicrosoft]:
    """Run the server while the block runs."""
    microsoft = FakeMicrosoft()
    started, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        runner = web.AppRunner(microsoft.application(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        microsoft.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
        started.set()
        await stop.wait()
        await runner.cleanup()
        hanging = asyncio.all_tasks() - {asyncio.current_task()}
        for each in hanging:
            each.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    started.wait(HANG)
    try:
        yield microsoft
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(HANG)
        loop.close()


class FakeMicrosoft:
    """The services that the app calls."""

    def __init__(self) -> None:
        self.world = World()
        self.origin = ""
        """`http://127.0.0.1:PORT`."""

    @property
    def service_url(self) -> str:
        return f"{self.origin}/emea/"

    @property
    def openid_url(self) -> str:
        return f"{self.origin}/v1/.well-known/openidconfiguration"

    @property
    def login_url(self) -> str:
        return self.origin

    def fail(self, what: str, *mishaps: Mishap) -> None:
        """Plan faults of the next calls of that kind, in order."""
        self.world.mishaps.plan(what, mishaps, "")

    def application(self) -> web.Application:
        app = web.Application(client_max_size=8 * 1024 * 1024)
        app.add_routes(
            [
                web.get("/v1/.well-known/openidconfiguration", self._openid),
                web.get("/v1/.well-known/keys", self._keys),
                web.get("/{tenant}/v2.0/.well-known/openid-configuration", self._discovery),
                web.get("/common/discovery/instance", self._instance),
                web.post("/{tenant}/oauth2/v2.0/token", self._token),
                web.get("/managed/token", self._managed),
                web.post("/emea/v3/conversations/{chat}/activities", self._send),
                web.put("/emea/v3/conversations/{chat}/activities/{ref}", self._update),
                web.get("/emea/v3/conversations/{chat}/members/{user}", self._member),
                web.put("/onedrive/{name}", self._upload),
                web.get("/onedrive/{name}", self._download),
            ]
        )
        return app

    # --- keys and tokens ------------------------------------------------------------------------------------------

    async def _openid(self, request: web.Request) -> web.StreamResponse:
        async with self._call(request, "openid"):
            return web.json_response({"issuer": ISSUER, "jwks_uri": f"{self.origin}/v1/.well-known/keys"})

    async def _keys(self, request: web.Request) -> web.StreamResponse:
        async with self._call(request, "keys"):
            return web.json_response({"keys": [each.public for each in self.world.keys]})

    async def _discovery(self, request: web.Request) -> web.StreamResponse:
        async with self._call(request, "discovery"):
            if request.match_info["tenant"] != HOME:
                refusal = {"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant not found."}
                return web.json_response(refusal, status=400)
            login = f"{LOGIN}/{request.match_info['tenant']}/oauth2/v2.0"
            return web.json_response(
                {
                    "issuer": f"{LOGIN}/{request.match_info['tenant']}/v2.0",
                    "authorization_endpoint": f"{login}/authorize",
                    "token_endpoint": f"{login}/token",
                }
            )

    async def _instance(self, _: web.Request) -> web.StreamResponse:
        return web.json_response({"metadata": []})

    async def _token(self, request: web.Request) -> web.StreamResponse:
        asked = dict(await request.post())
        async with self._call(request, "token", asked):
            scope = f"{ISSUER}/.default"
            if (asked.get("client_id"), asked.get("client_secret")) != (APP, PASSWORD):
                refusal = {
                    "error": "invalid_client",
                    "error_description": "AADSTS7000215: Invalid client secret.",
                }
                return web.json_response(refusal, status=401)
            if asked.get("scope") != scope or asked.get("grant_type") != "client_credentials":
                return web.json_response({"error": "invalid_scope", "error_description": ""}, status=400)
            return web.json_response(self._granted())

    async def _managed(self, request: web.Request) -> web.StreamResponse:
        async with self._call(request, "token", dict(request.query)):
            if request.query.get("client_id") != APP or request.query.get("resource") != ISSUER:
                return web.json_response({"statusCode": 400, "message": "no"}, status=400)
            granted = self._granted()
            return web.json_response(
                {**granted, "expires_on": str(4_000_000_000), "resource": ISSUER, "client_id": APP}
            )

    def _granted(self) -> Json:
        token = secrets.token_urlsafe(24)
        self.world.tokens.add(token)
        return {"token_type": "Bearer", "expires_in": 86_399, "access_token": token}

    # --- the Connector --------------------------------------------------------------------------------------------

    async def _send(self, request: web.Request) -> web.StreamResponse:
        activity = await request.json()
        async with self._call(request, "send", activity):
            if _is_too_large(activity):
                return _error(413, "MessageSizeTooBig")
            chat = request.match_info["chat"]
            if (refusal := self._refusal(request, chat)) is not None:
                return refusal
            line = Line(id=self.world.number(), chat=chat, by_bot=True)
            self._put(line, activity)
            self.world.lines.append(line)
            self.world.posted.append(Line(id=line.id, chat=chat, by_bot=True, activity=activity))
            return web.json_response({"id": line.id}, status=201)

    async def _update(self, request: web.Request) -> web.StreamResponse:
        activity = await request.json()
        async with self._call(request, "update", activity):
            if _is_too_large(activity):
                return _error(413, "MessageSizeTooBig")
            chat, ref = request.match_info["chat"], request.match_info["ref"]
            if (refusal := self._refusal(request, chat)) is not None:
                return refusal
            line = self.world.line(chat, ref)
            if line is None or not line.by_bot:
                return _error(404, "ActivityNotFoundInConversation")
            self._put(line, activity)
            line.edited += 1
            return web.json_response({"id": ref})

    async def _member(self, request: web.Request) -> web.StreamResponse:
        async with self._call(request, "member"):
            chat, user = request.match_info["chat"], request.match_info["user"]
            if (refusal := self._refusal(request, chat)) is not None:
                return refusal
            person = self.world.at(chat)
            if person is None or person.seen_as != user:
                return _error(404, "MemberNotFoundInConversation")
            return web.json_response(
                {
                    "id": person.seen_as,
                    "name": person.name,
                    "aadObjectId": person.id,
                    "tenantId": person.tenant,
                    "email": person.email,
                    "userPrincipalName": person.principal or person.email,
                    "userRole": person.role,
                }
            )

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        content = await request.read()
        async with self._call(request, "upload"):
            if request.headers.get("Content-Range") != f"bytes 0-{len(content) - 1}/{len(content)}":
                return web.Response(status=400)
            self.world.files[request.match_info["name"]] = content
            return web.json_response({}, status=201)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        """Give a file to whoever has its address, which is secret and ends after some minutes; no token is taken."""
        async with self._call(request, "download"):
            name = request.match_info["name"]
            if "Authorization" in request.headers:
                return web.Response(status=401)
            if (moved_to := self.world.moved.get(name)) is not None:
                return web.Response(status=302, headers={"Location": moved_to})
            content = self.world.files.get(name)
            return web.Response(status=404) if content is None else web.Response(body=content)

    def _refusal(self, request: web.Request, chat: str) -> web.Response | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or token not in self.world.tokens:
            return _error(401, "Unauthorized")
        if chat in self.world.companies:
            return None
        person = self.world.at(chat)
        if person is None:
            return _error(404, "ConversationNotFound")
        if not person.installed:
            return _error(403, "BotNotInConversationRoster")
        return _error(403, "MessageWritesBlocked") if person.blocked else None

    def _put(self, line: Line, activity: Json) -> None:
        """Store an activity as it is shown; record a fault where Teams would not show it."""
        line.activity = activity
        attachments = activity.get("attachments") or [{}]
        if activity.get("type") != "message" or len(attachments) != 1:
            self.world.faults.append(f"a {activity.get('type')} with {len(attachments)} attachments")
        kind, content = attachments[0].get("contentType"), attachments[0].get("content")
        line.card = content if kind == CARD else None
        match kind:
            case "application/vnd.microsoft.card.adaptive":
                self.world.faults += card_faults(content)
                if not activity.get("summary"):
                    self.world.faults.append("a card without a summary")
            case "application/vnd.microsoft.teams.card.file.consent":
                if not content.get("sizeInBytes"):
                    self.world.faults.append("a file without a size")
            case "application/vnd.microsoft.teams.card.file.info":
                if not {"uniqueId", "fileType"} <= set(content):
                    self.world.faults.append("a file that nobody finds")
            case None if activity.get("text"):
                pass  # plain text
            case _:
                self.world.faults.append(f"nothing that Teams shows: {kind}")
        if activity.get("from", {}).get("id") != BOT:
            self.world.faults.append("not from the bot")

    # --- what goes wrong ------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _call(self, request: web.Request, what: str, body: Any = None) -> AsyncIterator[None]:
        self.world.calls.append(Call(what=what, path=request.path, body=body))
        if (gate := self.world.gates.get(what)) is not None:
            await asyncio.to_thread(gate.pass_through)
        mishap = self.world.mishaps.next(what, "")
        match mishap:
            case RateLimited(seconds):
                raise web.HTTPTooManyRequests(headers={"Retry-After": str(seconds)} if seconds else {})
            case Status(status, after) if not after:
                raise _http(status)
            case DroppedBefore():
                _drop(request)
            case Hang(after) if not after:
                await asyncio.sleep(3_600)
        yield
        match mishap:
            case Status(status):
                raise _http(status)
            case DroppedAfter():
                _drop(request)
            case Hang():
                await asyncio.sleep(3_600)
            case Fine() | RateLimited() | DroppedBefore() | Refused():
                pass


MOST_BYTES = 28 * 1024
"""The bytes of an activity in UTF-16: https://learn.microsoft.com/microsoftteams/limits-specifications-teams"""


def _is_too_large(activity: Json) -> bool:
    return len(json.dumps(activity, ensure_ascii=False).encode("utf-16-le")) > MOST_BYTES


@cache
def _validator() -> Any:
    from jsonschema import Draft6Validator  # type: ignore[import-untyped]  # it publishes no types

    return Draft6Validator({"$ref": "#/definitions/AdaptiveCard", **json.loads(CARD_SCHEMA.read_text())})


WORDS = {"text", "title", "label", "placeholder", "altText", "errorMessage", "fallbackText", "value"}
"""The keys for which the schema allows any text."""


def card_faults(card: Json) -> list[str]:
    """Return what Microsoft's schema finds wrong; `msteams`, which it does not know, is left out."""
    found = []
    if len(json.dumps(card["body"], ensure_ascii=False).encode("utf-16-le")) > LONGEST_CARD:
        found.append("a card that is too large")
    return [*found, *_faults_of_shape(json.dumps(_wordless(card)))]


@lru_cache(2_000)  # cards come in few shapes, and the schema is slow
def _faults_of_shape(text: str) -> tuple[str, ...]:
    errors = _validator().iter_errors(_without_msteams(json.loads(text)))
    return tuple(error.message[:200] for error in errors)


def _wordless(item: Any, key: str = "") -> Any:
    match item:
        case dict() if key != "data":
            return {name: _wordless(each, name) for name, each in item.items()}
        case dict():
            return {}
        case list():
            return [_wordless(each) for each in item]
        case str() if item and key in WORDS:
            return "…"
        case _:
            return item


def _without_msteams(item: Any) -> Any:
    match item:
        case dict():
            return {
                key: _without_msteams(each)
                for key, each in item.items()
                if not (key == "msteams" and item.get("type") == "Image")
            }
        case list():
            return [_without_msteams(each) for each in item]
        case _:
            return item


def _error(status: int, code: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": "…"}}, status=status)


def _http(status: int) -> web.HTTPException:
    """Return an error of any status with a page that is no JSON, as proxies answer."""

    class _Page(web.HTTPException):
        status_code = status

    return _Page(text="<html>no</html>", content_type="text/html")


def _drop(request: web.Request) -> None:
    assert request.transport is not None
    request.transport.abort()
    raise web.HTTPServiceUnavailable  # nobody hears it
