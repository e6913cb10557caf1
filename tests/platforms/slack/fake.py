"""A Slack of our own: an HTTP server as strict as Slack, and the people who use it.

`async with running_slack() as slack:` serves the Web API, OAuth, uploads, response URLs, Socket Mode and, for other
programs, the driver.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import ClientSession, DummyCookieJar, web

from tests.platforms.slack import installs, places, posts, uploads, views
from tests.platforms.slack.driver import Driver
from tests.platforms.slack.mishaps import (
    NAMES,
    DroppedAfter,
    DroppedBefore,
    Fine,
    Hang,
    Mishap,
    RateLimited,
    Refused,
    Status,
)
from tests.platforms.slack.web_api import Call, Method
from tests.platforms.slack.wire import Answer, NotSent
from tests.platforms.slack.world import Json, Refusal, Token, as_json

METHODS: dict[str, Method] = {
    "auth.revoke": installs.revoke,
    "auth.test": installs.auth_test,
    "chat.delete": posts.delete,
    "chat.postEphemeral": posts.post_ephemeral,
    "chat.postMessage": posts.post_message,
    "chat.update": posts.update,
    "conversations.history": places.history,
    "conversations.info": places.info,
    "conversations.members": places.members,
    "conversations.open": places.open_conversation,
    "files.completeUploadExternal": uploads.complete,
    "files.getUploadURLExternal": uploads.upload_url,
    "files.info": uploads.info,
    "team.info": places.team_info,
    "users.conversations": places.of_person,
    "users.info": places.person_info,
    "users.list": places.all_people,
    "users.lookupByEmail": places.by_email,
    "views.open": views.open_view,
    "views.publish": views.publish,
    "views.push": views.push,
    "views.update": views.update,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeCall:
    """One call that reached the server, successful or not."""

    method: str
    arguments: Json
    token: str
    team: str
    """The token's workspace, or its organisation."""
    error: str = ""
    """The error, where the call was refused; planned mishaps are not recorded."""


class FakeSlack(Driver):
    """The fake Slack: its server and its people."""

    def __init__(self, session: ClientSession) -> None:
        super().__init__(session)
        self.calls: list[MadeCall] = []
        self.closing = asyncio.Event()

    @property
    def api_url(self) -> str:
        return f"{self.origin}api/"

    @property
    def driver_url(self) -> str:
        return f"{self.origin}driver/"

    @property
    def authorize_url(self) -> str:
        return f"{self.origin}oauth/v2/authorize"

    def called(self, method: str) -> list[MadeCall]:
        """Return every call of one method."""
        return [call for call in self.calls if call.method == method]

    def application(self) -> web.Application:
        """Return the web application."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.add_routes(
            [
                web.route("*", "/api/{method}", self._api),
                web.get("/oauth/v2/authorize", self._authorize),
                web.post("/upload/{id}", self._upload),
                web.get("/files/{id}", self._download),
                web.get("/signin", self._sign_in),
                web.post("/response/{id}", self._response),
                web.get("/socket", self._socket),
                web.post("/driver/{deed}", self._drive),
            ]
        )
        return app

    # --- the Web API ----------------------------------------------------------------------------------------------

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        args = await _arguments(request)
        value = _token(request, args)
        token = self.world.tokens.get(value)
        team = (token.team or token.enterprise) if token else ""
        call = MadeCall(method=method, arguments=args, token=value, team=team)
        self.calls.append(call)
        return await self._with_mishaps(
            request, method, team, lambda: self._called(call, self._result(method, args, value, token))
        )

    def _called(self, call: MadeCall, result: Json) -> web.Response:
        if not result["ok"]:
            at = max(number for number, each in enumerate(self.calls) if each is call)
            self.calls[at] = replace(call, error=result["error"])
        scopes = self.world.tokens[call.token].scopes if call.token in self.world.tokens else ()
        return web.json_response(result, headers={"X-OAuth-Scopes": ",".join(sorted(scopes))})

    def _result(self, method: str, args: Json, value: str, token: Token | None) -> Json:
        try:
            return {"ok": True, **self._done(method, args, value, token)}
        except Refusal as refusal:
            return {"ok": False, "error": refusal.error, **refusal.more}

    def _done(self, method: str, args: Json, value: str, token: Token | None) -> Json:
        if method == "oauth.v2.access":
            return installs.access(self.world, self.installs, args)
        if method == "apps.connections.open":
            if value != self.installs.app_token:
                raise Refusal("invalid_auth" if value else "not_authed")
            return {"url": f"{self.origin.replace('http', 'ws', 1)}socket?ticket={self.world.name('t')}"}
        if token is None:
            raise Refusal("invalid_auth" if value else "not_authed")
        if token.gone:
            raise Refusal(token.gone)
        call = Call(self.world, token, args)
        if method == "apps.uninstall":
            return installs.remove(call, self.installs)
        if method not in METHODS:
            raise Refusal("unknown_method", req_method=method)
        result = METHODS[method](call)
        if "upload_url" in result:
            result["upload_url"] = f"{self.origin}{result['upload_url']}"
        if "url_private_download" in result.get("file", {}):
            result["file"]["url_private_download"] = f"{self.origin}{result['file']['url_private_download']}"
        return result

    async def _with_mishaps(
        self, request: web.Request, method: str, team: str, act: Callable[[], web.Response]
    ) -> web.StreamResponse:
        match self.mishaps.next(method, team):
            case Fine():
                return act()
            case RateLimited(seconds):
                limited = {"ok": False, "error": "ratelimited"}
                return web.json_response(limited, status=429, headers={"Retry-After": str(seconds)})
            case Status(status, after):
                if after:
                    act()
                return web.Response(status=status, text="<html>upstream</html>", content_type="text/html")
            case DroppedBefore():
                return _dropped(request)
            case DroppedAfter():
                act()
                return _dropped(request)
            case Hang(after):
                if after:
                    act()
                await self.closing.wait()
                return _dropped(request)
            case Refused(error):
                return web.json_response({"ok": False, "error": error})

    # --- beside it ------------------------------------------------------------------------------------------------

    async def _authorize(self, request: web.Request) -> web.StreamResponse:
        try:
            back = installs.allow(self.world, self.installs, dict(request.query))
        except Refusal as refusal:
            return web.Response(status=400, text=refusal.error)
        return web.Response(status=302, headers={"Location": back})

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["id"]
        if request.content_type == "multipart/form-data":
            parts = [part for part in (await request.post()).values() if isinstance(part, web.FileField)]
            content = parts[0].file.read() if parts else b""
        else:
            content = await request.read()
        file = self.world.files.get(name)

        def act() -> web.Response:
            try:
                uploads.receive(self.world, name, content)
            except Refusal as refusal:
                return web.Response(status=400, text=refusal.error)
            return web.Response(text=f"OK - {len(content)}")

        return await self._with_mishaps(request, "upload", file.team if file else "", act)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["id"]
        value = request.headers.get("Authorization", "").removeprefix("Bearer ")
        file, token = self.world.files.get(name), self.world.tokens.get(value)
        self.calls.append(
            MadeCall(
                method="download", arguments={"file": name}, token=value, team=token.team if token else ""
            )
        )

        def act() -> web.Response:
            content = uploads.download(self.world, name, token)
            if file is None or content is None or file.moved_to:
                moved_to = file.moved_to if file else ""
                return web.Response(status=302, headers={"Location": moved_to or "/signin"})
            return web.Response(body=content, content_type=file.kind)

        return await self._with_mishaps(request, "download", file.team if file else "", act)

    async def _sign_in(self, _: web.Request) -> web.StreamResponse:
        return web.Response(text="<!DOCTYPE html><html><title>Slack</title></html>", content_type="text/html")

    async def _response(self, request: web.Request) -> web.StreamResponse:
        name, body = request.match_info["id"], await request.json()
        right = self.world.response_urls.get(name)
        team = self.world.channels[right.channel].team if right else ""
        call = MadeCall(method="response_url", arguments=body, token="", team=team)
        self.calls.append(call)

        def act() -> web.Response:
            try:
                posts.respond(self.world, name, body)
            except Refusal as refusal:
                status = 404 if refusal.error in ("used_url", "expired_url") else 200
                return web.json_response({"ok": False, "error": refusal.error, **refusal.more}, status=status)
            return web.Response(text="ok")

        return await self._with_mishaps(request, "response_url", team, act)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await self.wire.serve_socket(socket)
        return socket

    # --- the driver over HTTP -------------------------------------------------------------------------------------

    async def _drive(self, request: web.Request) -> web.StreamResponse:
        deed = request.match_info["deed"]
        if deed not in DEEDS:
            return web.json_response({"error": "unknown deed", "deeds": sorted(DEEDS)}, status=404)
        try:
            asked = await request.json() if request.can_read_body else {}
            found = self._asked(deed, asked)
            return web.json_response(_answered(await found if asyncio.iscoroutine(found) else found))
        except (NotSent, Refusal, KeyError, TypeError, ValueError) as wrong:
            return web.json_response({"error": f"{type(wrong).__name__}: {wrong}"}, status=400)

    def _asked(self, deed: str, asked: Json) -> Any:
        if deed == "fail":
            planned: list[Mishap] = [
                NAMES[each["kind"]](**{name: value for name, value in each.items() if name != "kind"})
                for each in asked["mishaps"]
            ]
            return self.fail(asked["method"], *planned, team=asked.get("team", ""))
        if deed in ("files", "refused"):
            return getattr(self, deed)
        if deed == "calls":
            return [
                {"method": call.method, "arguments": call.arguments, "team": call.team, "error": call.error}
                for call in self.calls
            ]
        return getattr(self, deed)(**asked)


DEEDS = frozenset(
    {
        *("add_channel", "add_person", "add_token", "add_workspace", "change_person"),
        *("connect_app", "fail", "installing", "wait"),
        *("calls", "channel", "conversation", "files", "home", "modal", "posts", "refused"),
        *(
            "again",
            "close",
            "command",
            "edit",
            "event",
            "install",
            "mention",
            "open_home",
            "press",
            "raw",
            "say",
        ),
        *("submit", "tokens_revoked", "uninstall", "verify_url"),
    }
)
"""`POST /driver/<deed>` with the parameters' names as JSON: the same as the method of that name."""


@asynccontextmanager
async def running_slack() -> AsyncIterator[FakeSlack]:
    """Run a fake Slack on 127.0.0.1 while the block runs."""
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        slack = FakeSlack(session)
        runner = web.AppRunner(slack.application(), access_log=None, handle_signals=False, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            slack.origin = f"http://127.0.0.1:{runner.addresses[0][1]}/"
            yield slack
        finally:
            slack.closing.set()
            for socket in tuple(slack.wire.sockets):
                await socket.close()
            await runner.cleanup()


def _answered(value: object) -> Any:
    """Return the driver's answer as JSON."""
    match value:
        case Answer():
            return {"status": value.status, "headers": dict(value.headers), "body": value.body}
        case list():
            return [_answered(each) for each in value]
        case Token():
            return {"token": value.value, "team": value.team, "scopes": sorted(value.scopes)}
        case _:
            return as_json(value)


async def _arguments(request: web.Request) -> Json:
    """Return a call's arguments, from its address, a form, or JSON."""
    found: Json = dict(request.query)
    if request.content_type == "application/json":
        body = await request.text()
        found |= json.loads(body) if body else {}
    elif request.method == "POST":
        found |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    return found


def _token(request: web.Request, args: Json) -> str:
    """Return the bearer's token; the app's own credentials become arguments."""
    header = request.headers.get("Authorization", "")
    if header.startswith("Basic "):
        login, _, password = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
        args |= {"client_id": login, "client_secret": password}
    own = str(args.pop("token", ""))
    return header.removeprefix("Bearer ").strip() if header.startswith("Bearer ") else own


def _dropped(request: web.Request) -> web.Response:
    """End the connection in the middle of a request."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
