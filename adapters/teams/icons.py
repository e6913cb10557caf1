"""The two icons of the app package: a coloured one, and an outline in pure white with transparency."""

from __future__ import annotations

import struct
import zlib

import vl_convert

BLUE = "#0b5c9c"
OUTLINE_SIZE = 32
_FIGURES = (
    '<circle cx="11" cy="11" r="3.4"/><path d="M4.6 24.4c0-5 2.7-8 6.4-8 2 0 3.7.9 4.8 2.4"/>'
    '<circle cx="21" cy="13" r="3.4"/><path d="M14.6 26.4c0-5 2.7-8 6.4-8s6.4 3 6.4 8"/>'
)
"""Two people side by side, on a square of 32 units."""
_LINE = 'fill="none" stroke="#ffffff" stroke-width="2.2" stroke-linecap="round"'
COLOR = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="192" height="192" viewBox="0 0 32 32">'
    f'<rect width="32" height="32" fill="{BLUE}"/>'
    f'<g {_LINE} transform="translate(3.2 3.2) scale(.8)">{_FIGURES}</g></svg>'
)
OUTLINE = (
    f'<svg xmlns="http://www.w3.org/2000/svg" width="{OUTLINE_SIZE}" height="{OUTLINE_SIZE}" viewBox="0 0 32 32">'
    f"<g {_LINE}>{_FIGURES}</g></svg>"
)
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def icons() -> dict[str, bytes]:
    """Return the files by name."""
    return {"color.png": _drawn(COLOR), "outline.png": _white(_opacities(_drawn(OUTLINE)))}


def _drawn(svg: str) -> bytes:
    return bytes(vl_convert.svg_to_png(svg, scale=1.0))


def _white(rows: list[bytes]) -> bytes:
    """Return a picture that is white everywhere, with these opacities.

    Teams refuses any other colour; a drawing program mixes grey into the pixels at the edge of a line.
    """
    pixels = b"".join(
        b"\x00" + b"".join(b"\xff\xff\xff" + bytes([opacity]) for opacity in row) for row in rows
    )
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(pixels, 1)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(name, content) for name, content in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _opacities(png: bytes) -> list[bytes]:
    """Return the opacity of every pixel of a picture with four channels, row by row."""
    width, height = struct.unpack(">II", png[16:24])
    packed, at = b"", len(_SIGNATURE)
    while at < len(png):
        [length] = struct.unpack(">I", png[at : at + 4])
        packed += png[at + 8 : at + 8 + length] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += length + 12
    raw, size = zlib.decompress(packed), 4 * width
    rows, above = [], bytes(size)
    for number in range(height):
        start = number * (size + 1)
        above = _unfiltered(raw[start], raw[start + 1 : start + 1 + size], above)
        rows.append(above[3::4])
    return rows


def _unfiltered(kind: int, line: bytes, above: bytes) -> bytes:
    """Undo one of PNG's five filters of a row: https://www.w3.org/TR/png-3/#9Filters."""
    row = bytearray(line)
    for place in range(len(row)):
        left, corner = (row[place - 4], above[place - 4]) if place >= 4 else (0, 0)
        up = above[place]
        row[place] = (row[place] + (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind]) % 256
    return bytes(row)


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda each: abs(guess - each))
