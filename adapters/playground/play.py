"""The playground in a browser: the page on loopback, until it is stopped."""

from __future__ import annotations

import asyncio
import signal
import webbrowser
from collections.abc import Callable

from aiohttp import web

from adapters.playground import app
from adapters.playground.stage import Stage
from adapters.web import application

HOST = "127.0.0.1"
"""Loopback only: whoever can open the page is everybody in it."""


async def serve(stage: Stage, *, port: int, browser: bool, say: Callable[[str], None]) -> None:
    """Serve the page on loopback until stopped."""
    voice = stage.prompts.voice("en")
    await stage.world.begin(stage.sample)
    routes = app.connect(stage.exchange, stage.messenger, stage.world, voice)
    runner = web.AppRunner(application(routes, voice=voice), access_log=None, handle_signals=False)
    await runner.setup()
    site = web.TCPSite(runner, HOST, port)
    await site.start()
    [(_, bound, *_)] = runner.addresses[:1]
    url = f"http://{HOST}:{bound}/"
    say(voice("cli.playground", url=url))
    say(voice("cli.playground-stop"))
    if browser:
        await asyncio.to_thread(webbrowser.open, url)
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    await stopped.wait()
    await stage.messenger.close()
    await runner.cleanup()
