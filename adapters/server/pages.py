"""The pages to which the links of an app store lead: what the bot is, its privacy notice and its terms of use."""

from __future__ import annotations

from html import escape

from aiohttp import web
from aiohttp.typedefs import Handler
from markdown_it import MarkdownIt

from bot.prompts import Voice
from bot.rules.privacy import FLOOR

PAGES = ("about", "privacy", "terms")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "public, max-age=3600",
}
_STYLE = (
    "body{font:1.05rem/1.6 system-ui,sans-serif;max-width:40rem;margin:8vh auto;padding:0 1.5rem;color:#1b1f24;"
    "background:#fff}h1{font-size:1.7rem;line-height:1.2}a{color:#4f52b2}li{margin:.4rem 0}"
    "@media(prefers-color-scheme:dark){body{color:#e6e6e6;background:#1b1b1f}a{color:#a9acff}}"
)
_MARKDOWN = MarkdownIt("commonmark", {"html": False})


def pages(voice: Voice, contact: str) -> list[web.RouteDef]:
    """Return a route for each page; `contact` says who runs the bot, and may be empty."""
    return [web.get(f"/{name}", _route(_page(voice, name, contact))) for name in PAGES]


def _route(page: str) -> Handler:
    async def show(_: web.Request) -> web.Response:
        return web.Response(text=page, content_type="text/html", headers=HEADERS)

    return show


def _page(voice: Voice, name: str, contact: str) -> str:
    known = voice.text("page.contact", contact=contact) if contact else voice.text("page.contact-unknown")
    title = voice.text(f"page.{name}.title")
    text = voice.markdown(f"page.{name}.text", contact=known, floor=FLOOR)
    return (
        f'<!doctype html><html lang="{escape(voice.language)}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><h1>{escape(title)}</h1>{_MARKDOWN.render(text)}</html>"
    )
