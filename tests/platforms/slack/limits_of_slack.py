"""Slack's rules for payloads, from its documentation and not from our renderer."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

TEXTS = {"header": 150, "section": 3_000}
DATE = re.compile(r"\d{4}-\d\d-\d\d")
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


MOST_CHARACTERS = 13_200
"""The blocks of a posted message as JSON; https://github.com/slackapi/bolt-js/issues/2509 and 2867 measured it."""


def is_too_long(blocks: list[dict[str, Any]]) -> bool:
    """Tell whether Slack refuses to post these blocks with `msg_blocks_too_long`."""
    return length(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) > MOST_CHARACTERS


def faults(payload: dict[str, Any]) -> list[str]:
    """Return everything that Slack would refuse in the arguments of `chat.postMessage`, or in a view."""
    return list(_view(payload) if payload.get("type") == "modal" else _message(payload))


def length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _message(payload: dict[str, Any]) -> Iterator[str]:
    if not 1 <= len(payload["blocks"]) <= 50:
        yield f"{len(payload['blocks'])} blocks"
    if length(payload["text"]) > 40_000:
        yield "text"
    yield from _blocks(payload["blocks"])


def _view(payload: dict[str, Any]) -> Iterator[str]:
    if not 1 <= len(payload["blocks"]) <= 100:
        yield f"{len(payload['blocks'])} blocks"
    for name in ("title", "submit"):
        yield from _text(payload[name], 24, f"view {name}")
    if len(payload["callback_id"]) > 255 or len(payload["private_metadata"]) > 3_000:
        yield "view ids"
    if any(block["type"] in ("actions", "table") for block in payload["blocks"]):
        yield "a block no view takes"
    yield from _blocks(payload["blocks"])


def _blocks(blocks: list[dict[str, Any]]) -> Iterator[str]:
    for name, count in Counter(_action_ids(blocks)).items():
        if count > 1:
            yield f"action id {name} twice"
    for name, count in Counter(block["block_id"] for block in blocks if "block_id" in block).items():
        if count > 1 or not 1 <= len(name) <= 255:
            yield f"block id {name}"
    tables = [block for block in blocks if block["type"] == "table"]
    if len(tables) > 1:
        yield "two tables"
    for block in blocks:
        yield from _block(block)


def _action_ids(blocks: list[dict[str, Any]]) -> list[str]:
    """Check that action ids are unique in the message; Slack asks for that within a block only."""
    return [each["action_id"] for block in blocks if block["type"] == "actions" for each in block["elements"]]


def _block(block: dict[str, Any]) -> Iterator[str]:  # noqa: C901, PLR0912  # one visible table of rules
    match block["type"]:
        case "header":
            yield from _text(block["text"], 150, "header", kinds=("plain_text",))
        case "section" if "fields" in block:
            if not 1 <= len(block["fields"]) <= 10:
                yield "fields"
            for field in block["fields"]:
                yield from _text(field, 2_000, "field", kinds=("plain_text", "mrkdwn"))
        case "section":
            yield from _text(block["text"], 3_000, "section", kinds=("plain_text", "mrkdwn"))
        case "context":
            if not 1 <= len(block["elements"]) <= 10:
                yield "context elements"
            for each in block["elements"]:
                yield from _text(each, 2_000, "context", kinds=("plain_text", "mrkdwn"))
        case "divider":
            pass
        case "rich_text":
            yield from _rich_text(block)
        case "actions":
            if not 1 <= len(block["elements"]) <= 25:
                yield "actions"
            for each in block["elements"]:
                yield from _button(each)
        case "table":
            yield from _table(block)
        case "input":
            yield from _input(block)
        case unknown:
            yield f"block {unknown}"


def _text(
    text: dict[str, Any], limit: int, where: str, kinds: tuple[str, ...] = ("plain_text",)
) -> Iterator[str]:
    if text["type"] not in kinds:
        yield f"{where} is {text['type']}"
    if not text["text"].strip() or length(text["text"]) > limit:
        yield f"{where} of {length(text['text'])}"
    if text["type"] == "plain_text" and text.get("emoji", True):
        yield f"{where} reads emoji names"
    if text["type"] == "mrkdwn" and not text.get("verbatim"):
        yield f"{where} links by itself"


def _rich_text(block: dict[str, Any]) -> Iterator[str]:
    for part in block["elements"]:
        for each in part["elements"]:
            if each["type"] != "text" or not 1 <= length(each["text"]) <= 3_000:
                yield "rich text"


def _button(button: dict[str, Any]) -> Iterator[str]:
    yield from _text(button["text"], 75, "button")
    if not 1 <= len(button["action_id"]) <= 255 or len(button["value"]) > 2_000:
        yield "button ids"
    if button.get("style", "primary") not in ("primary", "danger"):
        yield "button style"


def _table(block: dict[str, Any]) -> Iterator[str]:
    rows = block["rows"]
    if not 1 <= len(rows) <= 100 or len({len(row) for row in rows}) != 1 or not 1 <= len(rows[0]) <= 20:
        yield "table"
    if sum(length(cell["text"]) for row in rows for cell in row) > 10_100:
        yield "table characters"
    if not all(cell["type"] == "raw_text" and cell["text"].strip() for row in rows for cell in row):
        yield "cell"


def _input(block: dict[str, Any]) -> Iterator[str]:  # noqa: C901  # the same
    yield from _text(block["label"], 2_000, "label")
    if "hint" in block:
        yield from _text(block["hint"], 2_000, "hint")
    element = block["element"]
    match element["type"]:
        case "plain_text_input":
            if not 1 <= element["max_length"] <= 3_000:
                yield "max_length"
            if length(element.get("initial_value", "x")) > element["max_length"]:
                yield "initial_value"
        case "radio_buttons" | "checkboxes" | "static_select" | "multi_static_select":
            most = 10 if element["type"] in ("radio_buttons", "checkboxes") else 100
            if not 1 <= len(element["options"]) <= most:
                yield f"{len(element['options'])} options"
            for option in element["options"]:
                yield from _text(option["text"], 75, "option")
                if not 1 <= len(option["value"]) <= 150:
                    yield "option value"
            initial = element.get(
                "initial_options", [element["initial_option"]] if "initial_option" in element else []
            )
            if (
                not all(option in element["options"] for option in initial)
                or element.get("initial_options") == []
            ):
                yield "initial options"
        case "datepicker":
            if not DATE.fullmatch(element.get("initial_date", "2026-11-24")):
                yield "initial_date"
        case "timepicker":
            if not TIME.fullmatch(element.get("initial_time", "15:30")):
                yield "initial_time"
        case unknown:
            yield f"input {unknown}"
