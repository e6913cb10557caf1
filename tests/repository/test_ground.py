import os
import re
import subprocess
import tomllib
from pathlib import Path

import psycopg
import pytest
from packaging.requirements import Requirement
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.support.places import ROOT
from tests.support.postgres import PostgresDidNotStart, Server, running_server

RUNTIME = ROOT / "requirements.txt"
EVERYTHING = ROOT / "requirements-dev.txt"


def pins(lock: Path) -> dict[str, list[str]]:
    """Return the hashes by locked requirement (name, version and marker)."""
    found: dict[str, list[str]] = {}
    requirement = ""
    for line in lock.read_text().splitlines():
        if line.lstrip().startswith("#"):
            continue
        if line.startswith(" "):
            found[requirement].append(line.strip(" \\"))
        else:
            requirement = line.strip(" \\")
            found[requirement] = []
    return found


def names(lock: Path) -> set[str]:
    return {Requirement(pin).name for pin in pins(lock)}


@pytest.mark.parametrize("lock", [RUNTIME, EVERYTHING], ids=lambda lock: lock.name)
def test_every_locked_requirement_has_one_version_and_its_hashes(lock: Path) -> None:
    assert len(pins(lock)) > 30
    for pin, hashes in pins(lock).items():
        assert re.fullmatch(r"[a-z0-9-]+==[^ ]+( ; .+)?", pin), pin
        assert hashes, pin
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", each) for each in hashes), pin


@pytest.mark.parametrize("lock", [RUNTIME, EVERYTHING], ids=lambda lock: lock.name)
def test_a_lock_file_names_no_registry_and_no_folder_of_the_machine_that_made_it(lock: Path) -> None:
    assert "://" not in lock.read_text()
    assert not re.search(r"^\s*--?(i|f|index|extra|find|trusted|no-index)", lock.read_text(), re.MULTILINE)
    assert not re.search(r"(^|\s)/\w", lock.read_text(), re.MULTILINE)


def test_the_tests_run_with_exactly_what_runs_in_production() -> None:
    everything = pins(EVERYTHING)

    for pin, hashes in pins(RUNTIME).items():
        assert everything.get(pin) == hashes, pin


def test_what_the_project_asks_for_is_what_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]

    def wanted(requirements: list[str]) -> set[str]:
        return {Requirement(each).name.lower() for each in requirements}

    assert wanted(project["project"]["dependencies"]) <= names(RUNTIME)
    assert wanted(groups["install"]) <= names(RUNTIME)
    assert wanted(groups["dev"]) <= names(EVERYTHING)
    assert not wanted(groups["dev"]) & names(RUNTIME), "a tool of the tests got into production"


def test_a_hosting_platform_finds_its_three_processes() -> None:
    lines = (ROOT / "Procfile").read_text().splitlines()

    assert lines == ["release: jpd migrate", "web: jpd serve", "worker: jpd work"]


@pytest.mark.parametrize(
    "target", ["play", "demo", "test", "lint", "format", "browser", "bench", "lock", "clean", "help"]
)
def test_make_knows_the_targets_that_the_documents_name(target: str) -> None:
    done = subprocess.run(
        ["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


def test_make_by_itself_says_what_it_can_do() -> None:
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)

    for target in ("play", "demo", "test", "lint", "bench", "lock"):
        assert f"make {target} " in done.stdout


def test_a_python_that_is_missing_is_named_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())
    for file in ("requirements.txt", "pyproject.toml"):
        (tmp_path / file).touch()

    done = subprocess.run(
        ["make", "play", "PYTHON=no-such-python"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode != 0
    assert "no-such-python doesn't run, or is older than Python 3.11" in done.stdout
    assert not (tmp_path / ".venv").exists()


def test_ci_runs_the_lint_the_tests_and_the_browser() -> None:
    script = ROOT / ".ci" / "run"

    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", script], check=True)
    commands = re.findall(r"^make ([a-z-]+)$", script.read_text(), re.MULTILINE)
    assert commands == ["lint", "test", "browser", "test-rest"]


async def test_the_postgresql_of_the_tests_is_a_real_one(empty_postgresql_url: str) -> None:
    engine = create_async_engine(empty_postgresql_url)
    async with engine.connect() as connection:
        version = (await connection.execute(text("SELECT version()"))).scalar_one()
    await engine.dispose()

    assert version.startswith("PostgreSQL ")


def test_a_copied_database_has_its_templates_tables_and_shares_nothing_with_its_siblings(
    postgres: Server,
) -> None:
    def run(name: str, statement: str) -> list[tuple[object, ...]]:
        url = make_url(postgres.url_of(name)).set(drivername="postgresql")
        with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    template = postgres.create()
    run(template, "CREATE TABLE school (name text)")
    postgres.freeze(template)
    first, second = postgres.create(template=template), postgres.create(template=template)
    run(first, "INSERT INTO school VALUES ('Ysgol y Bryn')")

    assert run(first, "SELECT name FROM school") == [("Ysgol y Bryn",)]
    assert run(second, "SELECT name FROM school") == []

    for name in (first, second, template):
        postgres.drop(name)


def test_a_database_given_by_its_address_is_used_instead_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JPD_TEST_DATABASE_URL", "postgresql://tester:secret@db.test/jpd")

    with running_server() as server:
        assert server.url_of("other") == "postgresql+psycopg://tester:secret@db.test/other"


def test_a_given_database_of_another_kind_is_refused_rather_than_skipped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("JPD_TEST_DATABASE_URL", "sqlite:///jpd.sqlite")

    with pytest.raises(PostgresDidNotStart, match="must name a PostgreSQL database"), running_server():
        pass
