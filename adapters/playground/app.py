"""The playground's routes: its page, the data that the page reads, its posts, and its stream of notices."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import wraps
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Protocol

import structlog
from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

from adapters.chat.bodies import Body, Malformed, json_object
from adapters.playground import inbound, render
from adapters.playground.exchange import Exchange
from adapters.playground.files import sent_file
from adapters.playground.messenger import Line, Notice, PlaygroundMessenger, person_id
from adapters.playground.world import FEATURED, Travel, address
from bot.events import Event, Said, What
from bot.message import FieldErrors, Form, Reply
from bot.model import Member, School
from bot.model.roster import RosterError
from bot.prompts import Voice
from bot.say import rosters as say_rosters

log = structlog.get_logger()

LARGEST_FILE = 64 * 1024 * 1024
CHUNK = 256 * 1024
FIELDS = ("dry_run", "administrators", "id", "person", "text")
"""The fields beside an uploaded file."""
YES_OR_NO = {"yes": True, "no": False}
HEARTBEAT_SECONDS = 15
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
CONTENT_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
PLACEHOLDERS = {name: f"{{{name}}}" for name in ("name", "roles", "school", "n", "what", "day")}
"""Placeholders that the page's script fills in."""
PAGE = files(__package__) / "page"


class PlaygroundState(Protocol):
    """The people and the time that the page shows, and the ways to change them."""

    async def people(self) -> Sequence[tuple[Member, School]]:
        """Return everybody with their home school, school by school."""

    def roles(self, member: Member) -> str:
        """Return a member's roles as a phrase."""

    def take_over(self, member: Member) -> None:
        """Stop acting for this member: a person at the page plays them from now on."""

    async def now(self) -> datetime:
        """Return the playground's time."""

    async def travel(self, how: Travel) -> datetime:
        """Move time on, with everything that happens on the way, and return the new time."""

    async def import_roster(
        self, file: Path, *, dry_run: bool, administrators_are_principals: bool | None
    ) -> Sequence[str]:
        """Import a roster and return the changes, one line each. Raises `RosterError`."""


class PageRefused(Exception):
    """The request is refused; `sentence` is shown."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


def connect(
    exchange: Exchange,
    messenger: PlaygroundMessenger,
    scene: PlaygroundState,
    voice: Voice,
    previews: Sequence[str] = (),
) -> list[web.RouteDef]:
    """Return the routes; `previews` are the platforms in whose form each message can be looked at.

    The messenger must be closed when the application stops: open pages would keep it running.
    """
    playground = _Playground(exchange, messenger, scene, voice, previews)
    guarded = _loopback_only(voice)
    return [
        web.get("/", guarded(playground.page)),
        web.get("/static/{name:page\\.(?:css|js)}", guarded(playground.static)),
        web.get("/events", guarded(playground.events)),
        web.get("/api/people", guarded(playground.people)),
        web.get("/api/lines", guarded(playground.lines)),
        web.post("/api/say", guarded(playground.say)),
        web.post("/api/file", guarded(playground.send_file)),
        web.post("/api/press", guarded(playground.press)),
        web.post("/api/submit", guarded(playground.submit)),
        web.post("/api/travel", guarded(playground.travel)),
        web.post("/api/import", guarded(playground.import_roster)),
    ]


def _loopback_only(voice: Voice) -> Callable[[Handler], Handler]:
    """Return a guard that refuses requests of other hosts, and posts of other sites' pages in the same browser."""

    def guard(handler: Handler) -> Handler:
        @wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                if request.url.host not in LOOPBACK:
                    raise PageRefused(403, voice.text("play.only-here"))
                if request.method == "POST" and request.headers.get("Origin") != f"http://{request.host}":
                    raise PageRefused(403, voice.text("play.only-here"))
                return await handler(request)
            except PageRefused as refused:
                return web.json_response({"error": refused.sentence}, status=refused.status)
            except Malformed as malformed:
                log.info("playground.malformed", what=str(malformed))
                return web.json_response({"error": voice.text("play.garbage")}, status=400)

        return guarded

    return guard


class _Playground:
    """The routes' handlers."""

    def __init__(
        self,
        exchange: Exchange,
        messenger: PlaygroundMessenger,
        scene: PlaygroundState,
        voice: Voice,
        previews: Sequence[str],
    ) -> None:
        self._exchange = exchange
        self._messenger = messenger
        self._scene = scene
        self._voice = voice
        self._previews = previews
        self._travelling = asyncio.Lock()

    # --- the page ------------------------------------------------------------------------------------------

    async def page(self, _: web.Request) -> web.Response:
        texts = {key: self._voice.text(f"play.{key}", **PLACEHOLDERS) for key in self._voice.keys("play")}
        texts |= {f"as-{name}": self._voice.text(f"platform.{name}-preview") for name in self._previews}
        shown = _filled((PAGE / "index.html").read_text(encoding="utf-8"), texts, self._voice.language)
        headers = {"Content-Security-Policy": CONTENT_SECURITY}
        return web.Response(text=shown, content_type="text/html", headers=headers)

    async def static(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        kind = "text/css" if name.endswith(".css") else "text/javascript"
        return web.Response(text=(PAGE / name).read_text(encoding="utf-8"), content_type=kind)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Stream notices of changes; after each, the page reads its data again."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        with self._messenger.page() as notices, suppress(ConnectionResetError):  # the page was closed
            await response.prepare(request)
            while (told := await _next(notices)) is not None:
                await response.write(told)
        return response

    # --- what the page reads -------------------------------------------------------------------------------

    async def people(self, _: web.Request) -> web.Response:
        everybody = [self._shown(*each) for each in await self._scene.people()]
        return web.json_response({"now": _iso(await self._scene.now()), "people": everybody})

    async def lines(self, request: web.Request) -> web.Response:
        member, school = await self._person(request.query.get("person", ""))
        lines = await self._messenger.lines(address(member, school))
        return web.json_response([_line(line) for line in lines])

    # --- what the page posts -------------------------------------------------------------------------------

    async def say(self, request: web.Request) -> web.Response:
        posted = json_object(await request.read())
        what = inbound.said(posted)
        return await self._take(posted, what, typed=inbound.text(posted, "text").strip())

    async def send_file(self, request: web.Request) -> web.Response:
        """Take a file, with what was typed beside it."""
        with tempfile.TemporaryDirectory() as folder:
            file, said = await self._uploaded(request, Path(folder))
            content = await asyncio.to_thread(file.read_bytes)
        text = inbound.text(said, "text")
        what = Said(text, files=(sent_file(file.name, content),))
        return await self._take(said, what, typed=f"{text}\n[{file.name}]".strip())

    async def press(self, request: web.Request) -> web.Response:
        posted = json_object(await request.read())
        return await self._take(posted, inbound.pressed(posted))

    async def submit(self, request: web.Request) -> web.Response:
        posted = json_object(await request.read())
        return await self._take(posted, inbound.submitted(posted))

    async def travel(self, request: web.Request) -> web.Response:
        """Move time on; a second press of the button waits for the first."""
        posted = json_object(await request.read())
        try:
            how = Travel(inbound.text(posted, "by"))
        except ValueError as error:
            raise Malformed("no such journey") from error
        async with self._travelling:
            now = await self._scene.travel(how)
        self._messenger.tell(Notice())
        return web.json_response({"now": _iso(now)})

    async def import_roster(self, request: web.Request) -> web.Response:
        with tempfile.TemporaryDirectory() as folder:
            file, said = await self._uploaded(request, Path(folder))
            dry_run = said.get("dry_run") == "yes"
            try:
                lines = await self._scene.import_roster(
                    file,
                    dry_run=dry_run,
                    administrators_are_principals=YES_OR_NO.get(said.get("administrators", "")),
                )
            except RosterError as error:
                faults = say_rosters.faults(self._voice, error.faults)
                return web.json_response(
                    {"error": self._voice.text("play.import-faults"), "lines": list(faults)}, status=422
                )
        if not dry_run:
            self._messenger.tell(Notice())
        return web.json_response({"lines": list(lines)})

    # --- helpers -------------------------------------------------------------------------------------------

    async def _take(self, posted: Body, what: What, *, typed: str = "") -> web.Response:
        member, school = await self._person(inbound.text(posted, "person"))
        self._scene.take_over(member)
        now, sender = await self._scene.now(), address(member, school)
        event = Event(id=inbound.event_id(posted), at=now, sender=sender, what=what)
        reply = await self._exchange.take(event, typed=typed, line_id=inbound.line_id(posted))
        return web.json_response(_opened(reply))

    async def _person(self, person: str) -> tuple[Member, School]:
        for member, school in await self._scene.people():
            if person_id(address(member, school)) == person:
                return member, school
        raise PageRefused(404, self._voice.text("play.unknown-person"))

    def _shown(self, member: Member, school: School) -> dict[str, str]:
        return {
            "id": person_id(address(member, school)),
            "name": member.name,
            "roles": self._scene.roles(member),
            "school": school.name,
            "zone": school.time_zone,
            "group": self._voice.text("play.begin") if member.name in FEATURED else school.name,
        }

    async def _uploaded(self, request: web.Request, folder: Path) -> tuple[Path, dict[str, str]]:
        """Return the uploaded file, stored under its own name, and the form's other fields."""
        if not request.content_type.startswith("multipart/"):
            raise Malformed("not a form")
        file, said = None, {}
        try:
            async for part in await request.multipart():
                if not isinstance(part, BodyPartReader):
                    raise Malformed("a form in a form")
                if part.name in FIELDS:
                    said[part.name] = (await part.read_chunk(CHUNK)).decode(errors="replace")
                elif part.name == "file" and part.filename:
                    file = folder / _file_name(part.filename)
                    await self._store(part, file)
        except (ValueError, AssertionError, HttpProcessingError) as error:
            raise Malformed("a broken form") from error
        if file is None:
            raise PageRefused(400, self._voice.text("play.import-no-file"))
        return file, said

    async def _store(self, part: BodyPartReader, file: Path) -> None:
        size = 0
        with file.open("wb") as kept:
            while chunk := await part.read_chunk(CHUNK):
                size += len(chunk)
                if size > LARGEST_FILE:
                    raise PageRefused(413, self._voice.text("play.import-too-large"))
                await asyncio.to_thread(kept.write, chunk)


async def _next(notices: asyncio.Queue[Notice | None]) -> bytes | None:
    """Return the next notice as a server-sent event, a keep-alive comment every 15 s, or None at the end."""
    try:
        notice = await asyncio.wait_for(notices.get(), HEARTBEAT_SECONDS)
    except TimeoutError:
        return b": keep-alive\n\n"
    if notice is None:
        return None
    return f"data: {json.dumps({'person': notice.person, 'is_news': notice.is_news})}\n\n".encode()


def _filled(page: str, texts: dict[str, str], language: str) -> str:
    """Return the page with its texts in place, and the same texts as JSON for its script."""
    data = json.dumps(texts, ensure_ascii=False).replace("<", "\\u003c")
    whole = {
        **{key: escape(text) for key, text in texts.items()},
        "language": escape(language),
        "words": data,
    }
    return re.sub(r"\{\{ ([a-z-]+) \}\}", lambda word: whole[word[1]], page)


def _line(line: Line) -> dict[str, object]:
    return {
        "id": line.id,
        "at": _iso(line.at),
        "author": line.author,
        "html": line.html,
        "previews": dict(line.previews or {}),
        "replaced": line.replaced,
    }


def _opened(reply: Reply | None) -> dict[str, object]:
    """Return a reply as JSON: a form to open, or one with errors. Messages reach the page as lines instead."""
    match reply:
        case Form():
            return {"open": {"title": reply.title, "html": render.form(reply)}}
        case FieldErrors(form):
            return {"errors": {"title": form.title, "html": render.form(form)}}
        case _:
            return {}


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _file_name(name: str) -> str:
    return re.sub(r"[^\w. -]", "_", Path(name.replace("\\", "/")).name)[-100:].lstrip(".") or "roster"
