"""GitHub Actions run `.ci/run` on every supported Python, with no more rights than that needs."""

import re
import tomllib

import yaml

from tests.support.places import ROOT

WORKFLOW = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
READ = yaml.safe_load(WORKFLOW)


def test_the_workflow_runs_ci_on_every_supported_python_with_coverage() -> None:
    [job] = READ["jobs"].values()
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]

    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert oldest == ">=3.11"
    [step] = [each for each in job["steps"] if "run" in each]
    assert step["run"] == "bash .ci/run"
    assert step["env"]["COVERAGE"]


def test_every_action_is_pinned_to_a_commit_and_may_only_read() -> None:
    used = re.findall(r"uses: (\S+)", WORKFLOW)

    assert used
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", each) for each in used), used
    assert READ["permissions"] == {}
    assert all(job["permissions"] == {"contents": "read"} for job in READ["jobs"].values())


def test_lint_checks_the_workflow() -> None:
    makefile = (ROOT / "Makefile").read_text()

    assert "check-jsonschema --builtin-schema vendor.github-workflows" in makefile
    assert "zizmor --offline" in makefile
