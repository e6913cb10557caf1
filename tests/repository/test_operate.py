"""docs/operate.md lists what there is: settings with their defaults, metrics, what the doctor looks at."""

from __future__ import annotations

import re

import pytest

from adapters.cli.inspect import show_settings
from adapters.server.operation import Metrics
from tests.repository.documents import document

OPERATE = document("docs/operate.md").text
SERIES = ("_bucket", "_count", "_sum", "_created")
"""What Prometheus' library adds to a name."""


def test_the_table_of_settings_is_what_jpd_settings_prints(capsys: pytest.CaptureFixture[str]) -> None:
    show_settings()

    assert capsys.readouterr().out in OPERATE


def test_every_metric_is_listed_and_no_other() -> None:
    page = Metrics().page(None).decode()
    named = set(re.findall(r"^# TYPE (jpd_\w+) ", page, re.MULTILINE))
    listed = re.findall(r"^\| `(jpd_\w+)` \|", OPERATE, re.MULTILINE)

    assert set(listed) == {name for name in named if not name.endswith(SERIES)}
