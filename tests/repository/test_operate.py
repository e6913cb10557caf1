"""docs/operate.md lists what there is: settings with their defaults, metrics, what the doctor looks at."""

from __future__ import annotations

import re

from adapters.cli.settings import Settings
from adapters.server.operation import Metrics
from tests.repository.documents import document

OPERATE = document("docs/operate.md").text
SERIES = ("_bucket", "_count", "_sum", "_created")
"""What Prometheus' library adds to a name."""


def test_every_setting_is_listed_with_its_default() -> None:
    for name, field in Settings.model_fields.items():
        [row] = [line for line in OPERATE.splitlines() if line.startswith(f"| `JPD_{name.upper()}` ")]
        if field.default is None:
            assert "| none |" in row
        elif name != "prompts":
            shown = str(field.default).lower() if isinstance(field.default, bool) else field.default
            assert f"`{shown}`" in row


def test_every_metric_is_listed_and_no_other() -> None:
    page = Metrics().page(None).decode()
    named = set(re.findall(r"^# TYPE (jpd_\w+) ", page, re.MULTILINE))
    listed = re.findall(r"^\| `(jpd_\w+)` \|", OPERATE, re.MULTILINE)

    assert set(listed) == {name for name in named if not name.endswith(SERIES)}
