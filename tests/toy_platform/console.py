"""A console chat: everybody types on one terminal, `name@school.org: text`. It stands for a folder under `adapters`."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack

from pydantic import Field

from adapters.chat import plain
from adapters.chat.choices import choices
from adapters.chat.platform import Connected, Core, Finding, Manifest, ManifestOptions, TokenStore
from adapters.chat.settings import PlatformSettings
from bot.errors import Untraceable, UserError
from bot.events import Event, Opened, Said, SentFile, Submitted, What
from bot.message import Button, Buttons, FieldErrors, Form, Input, Inputs, Message, Replacement, Reply
from bot.model import Account, Address
from bot.prompts import Voice


class ConsoleSettings(PlatformSettings, env_prefix="JPD_CONSOLE_"):
    """The settings of the console chat."""

    room: str = Field(
        default="", description="The name of the console's room; without one there is no console"
    )


class Console:
    """The ports `Messenger` and `Directory`; a reference is the delivery's id."""

    gathers = False
    one_at_a_time = True

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._buttons: dict[str, list[Button]] = {}
        self._forms: dict[str, Form] = {}

    async def send(self, address: Address, message: Message, delivery_id: int) -> str:
        self.show(address.user, message)
        return str(delivery_id)

    async def update(self, address: Address, ref: str, message: Message) -> None:
        self.show(address.user, message)

    async def find(self, address: Address, delivery_id: int) -> str | None:
        raise Untraceable

    async def email_of(self, address: Address) -> str:
        return address.user

    async def named(self, workspace: str, email: str) -> Address | None:
        return Address("console", workspace, email)

    async def members_of(self, sender: Address, channel: str) -> tuple[Account, ...]:
        raise UserError("no-such-channel")

    async def download(self, sender: Address, file: SentFile, most: int) -> bytes:
        raise UserError("file-not-opened")

    def show(self, user: str, reply: Reply | None) -> None:
        """Print a reply, with a number for each button, and remember what the next line may refer to."""
        match reply:
            case None:
                pass  # the line had been read before
            case Message():
                self._buttons[user] = list(_buttons(reply))
                numbered = [f"!{n} {each.label}" for n, each in enumerate(self._buttons[user], 1)]
                self._write("\n".join([f"→ {user}", plain.message(reply), *numbered]))
            case Replacement(message):
                self.show(user, message)
            case Form() | FieldErrors():
                form = reply if isinstance(reply, Form) else reply.form
                self._forms[user] = form
                self._write("\n".join([f"→ {user}", plain.form(form), "; ".join(map(_field, form.inputs))]))

    def read(self, user: str, text: str) -> What:
        """Return what a line means: `!2` presses a button, `key=value; key=value` fills the open form."""
        form = self._forms.pop(user, None)
        if text.startswith("!"):
            return self._buttons[user][int(text[1:]) - 1].does
        if form is not None and "=" in text:
            values = dict(each.split("=", 1) for each in text.split("; "))
            return Submitted(form.name, form.context, values)
        return Said(text)


def _field(asked: Input) -> str:
    options = "|".join(option.key for option in choices(asked.question))
    return f"{asked.question.key}={options or '…'}"


def _buttons(message: Message) -> list[Button]:
    found: list[Button] = []
    for element in message.elements:
        if isinstance(element, Buttons):
            found += element.items
        if isinstance(element, Inputs):
            opens = Opened(element.form.name, element.form.context)
            found += [Button(element.open_label, opens), *element.buttons]
    return found


class ConsolePlatform:
    """The console chat."""

    name = "console"
    settings = ConsoleSettings

    def __init__(self, read: Callable[[], Awaitable[str]], write: Callable[[str], None]) -> None:
        self._read, self._write = read, write

    async def connect(
        self, settings: ConsoleSettings, core: Core, opened: AsyncExitStack, *, serving: bool
    ) -> Connected:
        """Start to listen to the terminal."""
        console = Console(self._write)
        if serving:
            await core.admit(settings.room)
            listening = asyncio.create_task(self._listen(console, settings.room, core))
            opened.callback(listening.cancel)
        return Connected(messenger=console, directory=console)

    async def _listen(self, console: Console, room: str, core: Core) -> None:
        while line := await self._read():
            user, _, text = line.partition(": ")
            what = console.read(user, text)
            event = Event(
                id=secrets.token_hex(8), at=core.now(), sender=Address(self.name, room, user), what=what
            )
            console.show(user, await core.handle(event))

    async def examine(
        self, settings: ConsoleSettings, tokens: TokenStore | None, seconds: float
    ) -> AsyncIterator[Finding]:
        """Find a room whose name nobody can type."""
        if not settings.room.isascii():
            yield Finding("console-room", {"room": settings.room})

    def manifest(self, voices: Mapping[str, Voice], options: ManifestOptions) -> Manifest:
        """Return a sentence: nobody has to be told of a console."""
        return Manifest(next(iter(voices.values())).text("platform.console-manifest"))

    def preview(self, message: Message) -> str:
        """Return the message as the terminal shows it."""
        return plain.message(message)
