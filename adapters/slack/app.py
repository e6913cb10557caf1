"""Slack over HTTP or Socket Mode: requests become events, and replies go where the person looks."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from traceback import walk_tb
from typing import Any, TypeAlias

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier

from adapters.chat.bodies import Body, Garbage
from adapters.chat.in_time import InTime, RealTime, seconds
from adapters.slack import inbound
from adapters.slack.answers import LAST_TRY, NOTHING, Asked, SlackAnswers, VoiceOf
from adapters.slack.api import QUIET, Api
from adapters.slack.inbound import MISSHAPEN, SlackReplyTarget, Taken
from adapters.slack.messenger import PLATFORM, SlackMessenger
from bot.errors import SendError, StoreAway, Uncertain
from bot.events import Event, Opened
from bot.ports import Handle

log = structlog.get_logger()

Ack: TypeAlias = dict[str, Any]
ANYTHING = re.compile(".*", re.DOTALL)
TIMESTAMP, SIGNATURE = re.compile("[0-9]{1,12}"), re.compile("v0=[0-9a-f]{64}")
REAL_TIME = RealTime(patience=seconds(2))
"""Slack gives up after three seconds."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Slack, connected: what the web application serves, and what to do when it stops."""

    routes: list[web.RouteDef]
    messenger: SlackMessenger
    close: Callable[[], Awaitable[None]]
    listening: Callable[[str], AbstractAsyncContextManager[None]]
    """Socket Mode with an app token, as an asynchronous context."""
    take: Callable[[Taken], Awaitable[None]]
    """Something that happened outside `/slack/events`: an installation."""


def connect(  # the parts of an adapter
    api: Api,
    messenger: SlackMessenger,
    handle: Handle,
    voice_of: VoiceOf,
    now: Callable[[], datetime],
    *,
    signing_secret: str,
    real_time: RealTime = REAL_TIME,
) -> Connection:
    """The adapter. Without a signing secret it takes nothing over HTTP: then Socket Mode is its only ear."""
    slack = _Slack(api, messenger, handle, voice_of, now, real_time)
    routes = [web.post("/slack/events", _Edge(slack.bolt, signing_secret).take)] if signing_secret else []
    return Connection(
        routes=routes,
        messenger=messenger,
        close=slack.in_time.finish,
        listening=slack.listening,
        take=slack.take,
    )


class _Edge:
    """Before anything else: is it Slack, now, and readable?"""

    def __init__(self, bolt: AsyncApp, signing_secret: str) -> None:
        self._bolt = bolt
        self._verifier = SignatureVerifier(signing_secret)

    async def take(self, request: web.Request) -> web.Response:
        try:
            body = (await request.read()).decode()
        except UnicodeDecodeError:
            raise web.HTTPBadRequest from None
        if not self._is_slack(body, request.headers):
            raise web.HTTPUnauthorized
        try:
            asked = AsyncBoltRequest(body=body, query=request.query_string, headers=dict(request.headers))
            answer = await self._bolt.async_dispatch(asked)
        except (*MISSHAPEN, RecursionError):  # Bolt's own reading: what goes wrong in ours, `_failed` answers
            raise web.HTTPBadRequest from None
        if answer.status == 404:
            raise web.HTTPBadRequest
        return await to_aiohttp_response(answer)

    def _is_slack(self, body: str, headers: Mapping[str, str]) -> bool:
        timestamp = headers.get("X-Slack-Request-Timestamp", "")
        signature = headers.get("X-Slack-Signature", "")
        # The SDK raises on what is no number, no float's size or no ASCII.
        if not TIMESTAMP.fullmatch(timestamp) or not SIGNATURE.fullmatch(signature):
            return False
        return self._verifier.is_valid(body, timestamp, signature)


class _Slack:
    """Bolt's listeners: each reads one kind of request, and answers it."""

    def __init__(  # the parts of an adapter
        self,
        api: Api,
        messenger: SlackMessenger,
        handle: Handle,
        voice_of: VoiceOf,
        now: Callable[[], datetime],
        real_time: RealTime,
    ) -> None:
        self._handle = handle
        self._messenger = messenger
        self._answers = SlackAnswers(messenger, voice_of, real_time.pause)
        self._now = now
        self.in_time = InTime(real_time.patience, PLATFORM)
        self._api = api
        self.bolt = _bolt(api)
        self._listen()

    def _listen(self) -> None:
        self.bolt.command(ANYTHING)(self._command)
        self.bolt.action(ANYTHING)(self._press)
        self.bolt.view_submission(ANYTHING)(self._submission)
        self.bolt.event("app_mention")(self._mention)
        self.bolt.event("app_home_opened")(self._home)
        self.bolt.event("app_uninstalled")(self._removal)
        self.bolt.event("tokens_revoked")(self._removal)
        self.bolt.event(ANYTHING)(self._words)
        self.bolt.view_closed(ANYTHING)(_nothing)
        self.bolt.error(_failed)

    # --- what a person does --------------------------------------------------------------------------------

    async def _command(self, ack: AsyncAck, body: Body) -> None:
        taken = inbound.command(body)
        place = SlackReplyTarget(respond=str(body.get("response_url") or ""))
        await ack(**await self._answer(Asked("command", taken.sender, place, taken.id), taken))

    async def _press(self, ack: AsyncAck, body: Body) -> None:
        taken, place = inbound.pressed(body)
        is_home = (body.get("view") or {}).get("type") == "home"
        await ack(**await self._answer(Asked("press", taken.sender, place, taken.id), taken, home=is_home))

    async def _submission(self, ack: AsyncAck, body: Body) -> None:
        taken, place = inbound.submitted(body)
        await ack(**await self._answer(Asked("form", taken.sender, place), taken))

    async def _words(self, ack: AsyncAck, body: Body, request: AsyncBoltRequest) -> None:
        """Words in the chat with the bot; every other event is taken and left alone."""
        found = inbound.said(body) if (body.get("event") or {}).get("type") == "message" else None
        if found is None:
            await ack()
            return
        taken, place = found
        asked = Asked("words", taken.sender, place, tried=_tried(request))
        await ack(**await self._answer(asked, taken))

    async def _mention(self, ack: AsyncAck, body: Body, request: AsyncBoltRequest) -> None:
        found = inbound.mentioned(body)
        if found is None:
            await ack()
            return
        taken, place = found
        asked = Asked("mention", taken.sender, place, tried=_tried(request))
        await ack(**await self._answer(asked, taken))

    async def _home(self, ack: AsyncAck, body: Body) -> None:
        taken = inbound.opened_home(body)
        if taken is None:
            await ack()
            return
        await ack(**await self._answer(Asked("home", taken.sender), taken))

    async def _removal(self, ack: AsyncAck, body: Body) -> None:
        """Told late, or again, it may be about an installation that has been followed by another."""
        for taken in inbound.removed(body):
            if await self._messenger.is_removed(taken.sender.workspace):
                await self._handle(self._event(taken, comes_again=True))
        await ack()

    async def take(self, taken: Taken) -> None:
        """The same for what does not come by `/slack/events`; the answer goes to the sender's chat."""
        await self._answer(Asked("words", taken.sender), taken)

    # --- in time -------------------------------------------------------------------------------------------

    async def _answer(self, asked: Asked, taken: Taken, *, home: bool = False) -> Ack:
        """Return what Slack gets at once; a later answer goes to the person's chat."""
        return await self.in_time.answer(
            lambda late: self._turn(replace(asked, late=late), taken, home=home),
            lambda: self._answers.one_moment(asked),
        )

    async def _turn(self, asked: Asked, taken: Taken, *, home: bool) -> Ack:
        try:
            reply = await self._handle(self._event(taken, comes_again=asked.tried < LAST_TRY))
        except StoreAway:
            await self._answers.not_taken(asked)
            if asked.is_late:
                return NOTHING
            raise
        answer = await self._answers.give(asked, taken.what, reply)
        if home:
            again = inbound.Taken(f"{taken.id}:home", taken.sender, Opened("home"))
            await self._answers.give(
                Asked("home", taken.sender), again.what, await self._handle(self._event(again))
            )
        return answer

    def _event(self, taken: Taken, *, comes_again: bool = False) -> Event:
        return Event(
            id=taken.id, at=self._now(), sender=taken.sender, what=taken.what, comes_again=comes_again
        )

    @asynccontextmanager
    async def listening(self, app_token: str) -> AsyncIterator[None]:
        """Socket Mode: Slack is asked for a socket, so that nothing of ours need be reachable from outside.

        Raises `Disconnected` where Slack refuses the token.
        """
        with suppress(SendError, Uncertain):  # the SDK would ask for ever, whatever Slack says
            await self._api.call("apps.connections.open", app_token)
        socket = AsyncSocketModeHandler(
            self.bolt, app_token, logger=QUIET, web_client=self._api.client(), ping_interval=10
        )
        await socket.connect_async()  # type: ignore[no-untyped-call]  # the SDK publishes no type here
        try:
            yield
        finally:
            await socket.close_async()  # type: ignore[no-untyped-call]  # nor here


def _bolt(api: Api) -> AsyncApp:
    """Bolt without what would cost a request a call or a person their words: see `slack.md`."""

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)

    return AsyncApp(
        name="jpd",
        process_before_response=True,
        request_verification_enabled=False,  # `_Edge` has done it, before anything was parsed or logged
        ignoring_self_events_enabled=False,  # `inbound.said` knows persons from bots
        authorize=authorize,
        client=api.client(),
        logger=QUIET,
    )


def _tried(request: AsyncBoltRequest) -> int:
    """How often Slack has brought this event before."""
    [number, *_] = request.headers.get("x-slack-retry-num") or ["0"]
    return int(number) if number.isdecimal() else 0


async def _nothing(ack: AsyncAck) -> None:
    await ack()


async def _failed(error: Exception) -> BoltResponse:
    """What is signed and still makes no sense is refused; anything else is a fault of ours, and Slack tries again."""
    if isinstance(error, Garbage):
        log.info("slack.garbage", what=str(error))
        return BoltResponse(status=400, body="")
    is_ours = any(frame.f_code.co_filename == __file__ for frame, _ in walk_tb(error.__traceback__))
    if isinstance(error, MISSHAPEN) and not is_ours:  # Bolt reads before it looks
        log.info("slack.garbage", what="another shape")
        return BoltResponse(status=400, body="")
    if isinstance(error, StoreAway):
        log.warning("slack.store-away")
        return BoltResponse(status=503, body="")
    log.error("slack.failed", exc_info=error)
    return BoltResponse(status=500, body="")
