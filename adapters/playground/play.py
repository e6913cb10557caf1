"""The playground in a browser, served on loopback."""

from __future__ import annotations

import asyncio
import webbrowser
from collections.abc import Callable

from adapters.playground import app
from adapters.playground.stage import Stage
from adapters.server.signals import stop_event
from adapters.server.web import application, listening

HOST = "127.0.0.1"
"""Loopback only, because anybody who opens the page can act as every member."""


async def serve(stage: Stage, *, port: int, browser: bool, say: Callable[[str], None]) -> None:
    """Serve the page on loopback until stopped."""
    voice = stage.prompts.voice(stage.prompts.default_language)
    await stage.world.begin(stage.sample)
    routes = app.connect(stage.exchange, stage.messenger, stage.world, voice, list(stage.previews))
    page = application(routes, voice=voice, closing=[stage.messenger.close])
    stopped = stop_event()
    async with listening(page, HOST, port) as bound:
        url = f"http://{HOST}:{bound}/"
        say(voice.text("cli.playground", url=url))
        say(voice.text("cli.playground-stop"))
        if browser:
            await asyncio.to_thread(webbrowser.open, url)
        await stopped.wait()
