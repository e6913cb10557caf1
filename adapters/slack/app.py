"""The Slack adapter over HTTP or Socket Mode: requests become events, and replies go back to the person."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime
from traceback import walk_tb
from urllib.parse import parse_qsl

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

from adapters.chat.bodies import WRONG_SHAPE, Body, Malformed, foreign_parser, json_object
from adapters.chat.in_time import LIMITED_EVENT, InTime, RealTime, seconds
from adapters.chat.received import VoiceOf
from adapters.chat.watch import NoNotes, Watch
from adapters.slack import inbound
from adapters.slack.answers import LAST_TRY, NOTHING, Ack, SlackAnswers, SlackTurn, TurnKind
from adapters.slack.api import QUIET, Api
from adapters.slack.inbound import SlackReceived
from adapters.slack.messenger import PLATFORM, SlackMessenger
from bot.errors import Busy, SendError, StoreAway, Uncertain
from bot.events import Opened
from bot.ports import Handle

log = structlog.get_logger()

ANYTHING = re.compile(".*", re.DOTALL)
TIMESTAMP, SIGNATURE = re.compile("[0-9]{1,12}"), re.compile("v0=[0-9a-f]{64}")
EVENTS: tuple[TurnKind, ...] = ("text", "mention", "home")
"""The kinds of turn that Slack brings by its Events API, which has an address of its own to be verified."""
LONGEST_SSL_CHECK = 1_000
RATE_LIMIT = "app_rate_limited"
REAL_TIME = RealTime(patience=seconds(2))
"""Slack gives up after three seconds."""


def is_ssl_check(content_type: str, body: str) -> bool:
    """Tell whether Slack only looks at the certificate of a command's address, as it does now and then."""
    if content_type != "application/x-www-form-urlencoded" or len(body) > LONGEST_SSL_CHECK:
        return False
    asked = dict(parse_qsl(body))
    return asked.get("ssl_check") == "1" and asked.keys() <= {"ssl_check", "token"}


def is_rate_limit(content_type: str, body: str) -> bool:
    """Tell whether Slack says that it leaves out events, because there were too many."""
    if content_type != "application/json" or RATE_LIMIT not in body:
        return False
    with foreign_parser():
        return json_object(body.encode()).get("type") == RATE_LIMIT


class _Edge:
    """The check that a request comes from Slack and is fresh, before anything in it is parsed or logged."""

    def __init__(self, bolt: AsyncApp, signing_secret: str) -> None:
        self._bolt = bolt
        self._verifier = SignatureVerifier(signing_secret)

    async def take(self, request: web.Request) -> web.Response:
        """Let Bolt answer a request of Slack's. Raises 401 for any other one, and 400 where it makes no sense."""
        with foreign_parser():
            body = (await request.read()).decode()
        if is_ssl_check(request.content_type, body):  # which Slack doesn't sign
            return web.Response()
        if not self._is_slack(body, request.headers):
            raise web.HTTPUnauthorized
        if is_rate_limit(request.content_type, body):  # which Bolt doesn't know
            log.warning(LIMITED_EVENT, platform=PLATFORM)
            return web.Response()
        with foreign_parser():  # Bolt's own reading; errors of ours go to `_failed`
            asked = AsyncBoltRequest(body=body, query=request.query_string, headers=dict(request.headers))
            answer = await self._bolt.async_dispatch(asked)
        if answer.status == 404:
            raise web.HTTPBadRequest
        return await to_aiohttp_response(answer)

    def _is_slack(self, body: str, headers: Mapping[str, str]) -> bool:
        timestamp = headers.get("X-Slack-Request-Timestamp", "")
        signature = headers.get("X-Slack-Signature", "")
        # The SDK raises for what is no number, too large for a float, or not ASCII.
        if not TIMESTAMP.fullmatch(timestamp) or not SIGNATURE.fullmatch(signature):
            return False
        return self._verifier.is_valid(body, timestamp, signature)


class SlackApp:
    """Bolt's listeners, each of which reads one kind of request and answers it."""

    def __init__(
        self,
        api: Api,
        messenger: SlackMessenger,
        handle: Handle,
        voice_of: VoiceOf,
        now: Callable[[], datetime],
        *,
        signing_secret: str,
        watch: Watch | None = None,
        real_time: RealTime = REAL_TIME,
    ) -> None:
        """Without a signing secret there are no routes: the app then listens by Socket Mode only."""
        self._watch = watch or Watch(NoNotes(), now)
        self._handle = handle
        self._messenger = messenger
        self._answers = SlackAnswers(messenger, voice_of, real_time.pause, self._watch)
        self._now = now
        self._api = api
        self._in_time = InTime(real_time.patience, PLATFORM)
        self._bolt = _bolt(api)
        self._listen()
        self.routes: list[web.RouteDef] = []
        if signing_secret:
            self.routes.append(web.post("/slack/events", _Edge(self._bolt, signing_secret).take))

    def _listen(self) -> None:
        self._bolt.command(ANYTHING)(self._command)
        self._bolt.action(ANYTHING)(self._press)
        self._bolt.view_submission(ANYTHING)(self._submission)
        self._bolt.event("app_mention")(self._mention)
        self._bolt.event("app_home_opened")(self._home)
        self._bolt.event("app_uninstalled")(self._removal)
        self._bolt.event("tokens_revoked")(self._removal)
        self._bolt.event(ANYTHING)(self._other_event)
        self._bolt.view_closed(ANYTHING)(_acknowledge)
        self._bolt.error(_failed)

    # --- listeners -----------------------------------------------------------------------------------------

    async def _command(self, ack: AsyncAck, body: Body) -> None:
        await ack(**await self._answer(SlackTurn("command", inbound.command(body))))

    async def _press(self, ack: AsyncAck, body: Body) -> None:
        turn = SlackTurn("press", inbound.pressed(body))
        await ack(**await self._answer(turn, refresh_home=inbound.is_on_home(body)))

    async def _submission(self, ack: AsyncAck, body: Body) -> None:
        await ack(**await self._answer(SlackTurn("form", inbound.submitted(body))))

    async def _other_event(self, ack: AsyncAck, body: Body, request: AsyncBoltRequest) -> None:
        """Answer text in the chat with the bot; acknowledge every other event."""
        await self._answer_event(ack, "text", inbound.said(body), request)

    async def _mention(self, ack: AsyncAck, body: Body, request: AsyncBoltRequest) -> None:
        await self._answer_event(ack, "mention", inbound.mentioned(body), request)

    async def _home(self, ack: AsyncAck, body: Body) -> None:
        await self._answer_event(ack, "home", inbound.opened_home(body))

    async def _answer_event(
        self,
        ack: AsyncAck,
        kind: TurnKind,
        received: SlackReceived | None,
        request: AsyncBoltRequest | None = None,
    ) -> None:
        """Answer an event, or only acknowledge it where there is nothing to handle.

        With the request it is known whether Slack will send the event again.
        """
        if received is None:
            await ack(**await self._in_time.answer(self._note_event, _nothing))
            return
        tried = LAST_TRY if request is None else _tried(request)
        await ack(**await self._answer(SlackTurn(kind, received, tried)))

    async def _removal(self, ack: AsyncAck, body: Body) -> None:
        """Believe that the bot was removed unless Slack still takes its token, and acknowledge in time."""
        found = inbound.removed(body)

        async def remove(_: asyncio.Event) -> Ack:
            for received in found:
                # Slack may send this late or twice: by then the bot may have been installed again.
                if await self._messenger.is_removed(received.sender.workspace):
                    await self._handle(received.event(self._now(), comes_again=True))
            return await self._note_event(_)

        await ack(**await self._in_time.answer(remove, _nothing))

    async def _note_event(self, _: asyncio.Event) -> Ack:
        await self._watch.heard()
        return NOTHING

    async def take(self, received: SlackReceived) -> None:
        """Handle what did not come by `/slack/events`; the reply goes to the sender's chat."""
        await self._answer(SlackTurn("text", received))

    # --- turns ---------------------------------------------------------------------------------------------

    async def _answer(self, turn: SlackTurn, *, refresh_home: bool = False) -> Ack:
        """Return what Slack gets at once; a late reply goes to the person's chat."""
        try:
            return await self._in_time.answer(
                lambda late: self._run(replace(turn, late=late), refresh_home=refresh_home),
                lambda: self._answers.one_moment(turn),
                at_any_rate=turn.kind in ("text", "mention") and turn.tried >= LAST_TRY,
            )
        except Busy:
            if turn.kind == "command":
                return await self._answers.busy(turn)
            raise  # Slack brings an event again, and says of a press or a form that it was not taken

    async def _run(self, turn: SlackTurn, *, refresh_home: bool) -> Ack:
        received = turn.received
        if turn.kind in EVENTS:
            await self._watch.heard()
        try:
            reply = await self._handle(received.event(self._now(), comes_again=turn.tried < LAST_TRY))
        except StoreAway:
            await self._answers.not_stored(turn)
            if turn.is_late:
                return NOTHING
            raise
        answer = await self._answers.give(turn, reply)
        if refresh_home:
            home = replace(received, id=f"{received.id}:home", what=Opened("home"))
            await self._answers.give(SlackTurn("home", home), await self._handle(home.event(self._now())))
        return answer

    async def close(self) -> None:
        """Finish the late turns before the process stops."""
        await self._in_time.finish()

    @asynccontextmanager
    async def listening(self, app_token: str) -> AsyncIterator[None]:
        """Listen by Socket Mode, for which the bot need not be reachable from outside.

        Raises `Disconnected` where Slack refuses the token.
        """
        # Ask first, because the SDK tries for ever, even when it is refused.
        with suppress(SendError, Uncertain):
            await self._api.call("apps.connections.open", app_token)
        socket = AsyncSocketModeHandler(
            self._bolt, app_token, logger=QUIET, web_client=self._api.client(), ping_interval=10
        )
        await socket.connect_async()  # type: ignore[no-untyped-call]  # the SDK publishes no type here
        try:
            yield
        finally:
            await socket.close_async()  # type: ignore[no-untyped-call]  # nor here


def _bolt(api: Api) -> AsyncApp:
    """Return Bolt without its own checks, each of which would cost a call to Slack for every request."""

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)

    return AsyncApp(
        name="jpd",
        process_before_response=True,
        request_verification_enabled=False,  # `_Edge` has verified the request already
        ignoring_self_events_enabled=False,  # `inbound.said` leaves out what bots write
        authorize=authorize,
        client=api.client(),
        logger=QUIET,
    )


def _tried(request: AsyncBoltRequest) -> int:
    """Return how often Slack has sent this event before."""
    [number, *_] = request.headers.get("x-slack-retry-num") or ["0"]
    return int(number) if number.isdecimal() else 0


async def _nothing() -> Ack:
    return NOTHING


async def _acknowledge(ack: AsyncAck) -> None:
    await ack()


async def _failed(error: Exception) -> BoltResponse:
    """Refuse a malformed request with 400; any other error is ours, and after a 5xx Slack sends an event again."""
    if isinstance(error, Malformed):
        log.info("slack.malformed", what=str(error))
        return BoltResponse(status=400, body="")
    is_ours = any(frame.f_code.co_filename == __file__ for frame, _ in walk_tb(error.__traceback__))
    if isinstance(error, WRONG_SHAPE) and not is_ours:  # raised by Bolt's own reading
        log.info("slack.malformed", what="another shape")
        return BoltResponse(status=400, body="")
    if isinstance(error, Busy):
        log.warning("slack.busy")
        return BoltResponse(status=503, body="")
    if isinstance(error, StoreAway):
        log.warning("slack.store-away")
        return BoltResponse(status=503, body="")
    log.error("slack.failed", exc_info=error)
    return BoltResponse(status=500, body="")
