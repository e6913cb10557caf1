"""Logs say what happened and where; never what somebody wrote, never a token."""

from __future__ import annotations

import json
import logging

import pytest
import structlog

from adapters.cli.settings import Settings
from adapters.cli.startup import start_log


@pytest.mark.parametrize("as_json", [True, False])
def test_an_error_is_logged_by_its_kind_and_place_without_its_message(
    as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    start_log(Settings(log_json=as_json), logging.INFO)
    answer = "she never speaks in class"
    try:
        raise ValueError(answer)
    except ValueError:
        structlog.get_logger().exception("event.failed", event_id="e1")
    finally:
        structlog.reset_defaults()

    logged = capsys.readouterr().err
    assert "event.failed" in logged
    assert "ValueError" in logged
    assert "test_logs.py" in logged
    assert answer not in logged
    if as_json:
        assert json.loads(logged)["event_id"] == "e1"


@pytest.mark.parametrize(
    "library", ["aiosqlite", "sqlalchemy.engine.Engine", "aiohttp.access", "botframework.connector"]
)
def test_a_library_writes_nothing_below_a_warning_whatever_the_root_logger_does(
    library: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    try:
        start_log(Settings(), logging.INFO)
    finally:
        structlog.reset_defaults()

    for level in (logging.DEBUG, logging.INFO):
        logging.getLogger(library).log(level, "she never speaks in class")
    logging.getLogger(library).warning("slow")

    assert [record.getMessage() for record in caplog.records] == ["slow"]
