"""The command line: its output and its exit code; in a process of its own where signals or its end matter."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.support.command_line import (
    COMMAND,
    Done,
    database_in,
    process_environment,
    run_jpd,
    run_jpd_process,
)
from tests.support.limits import HANG
from tests.support.places import ROOT

SAMPLE = ROOT / "prompts" / "sample"


Jpd = Callable[..., Done]


@pytest.fixture
def jpd(tmp_path: Path) -> Jpd:
    """Return what calls `jpd` in an empty folder with a store of its own."""

    def run(*arguments: str, **settings: str) -> Done:
        return run_jpd(
            *arguments, folder=tmp_path, settings={"JPD_DATABASE_URL": database_in(tmp_path)} | settings
        )

    return run


def test_a_dry_run_shows_the_difference_and_changes_nothing(jpd: Jpd) -> None:
    first = jpd("import", str(SAMPLE / "roster.csv"), "--dry-run")
    second = jpd("import", str(SAMPLE / "roster.csv"))
    third = jpd("import", str(SAMPLE / "roster.csv"))

    assert first.returncode == second.returncode == third.returncode == 0, first.stderr
    assert "New: Elin Pugh" in first.stdout
    assert "6 new schools and 40 new people" in first.stdout
    assert "nothing was changed" in first.stdout
    assert "6 new schools and 40 new people" in second.stdout
    assert "Nothing is different" in third.stdout


def test_a_roster_with_faults_changes_nothing_and_says_where(jpd: Jpd, tmp_path: Path) -> None:
    """The refusal is tried in a process of its own: its exit code and its standard error are real."""
    broken = tmp_path / "roster.csv"
    broken.write_text("school,given_name,family_name,email,role\nOak,Ann,Ash,ann@example.org,teecher\n")

    refused = run_jpd_process(
        "import", broken, folder=tmp_path, settings={"JPD_DATABASE_URL": database_in(tmp_path)}
    )

    assert refused.returncode == 1
    assert refused.stdout == ""
    assert "roster.csv, row 2, column role:" in refused.stderr
    assert "Nothing was changed" in refused.stderr
    assert "Traceback" not in refused.stderr
    broken.write_text("school,given_name,family_name,email,role\nOak,Ann,Ash,ann@example.org,teacher\n")
    assert "1 new school and 1 new person" in jpd("import", str(broken)).stdout


def test_a_calendar_moves_a_school_to_its_terms(jpd: Jpd) -> None:
    jpd("import", str(SAMPLE / "roster.csv"))

    kept = jpd("calendar", "bryn-derw", str(SAMPLE / "calendars" / "bryn-derw.ics"))
    unknown = jpd("calendar", "nowhere", str(SAMPLE / "calendars" / "bryn-derw.ics"))
    zone = jpd(
        "calendar", "bryn-derw", str(SAMPLE / "calendars" / "bryn-derw.ics"), "--time-zone", "Mars/Base"
    )

    assert kept.returncode == 0, kept.stderr
    assert "terms" in kept.stdout
    assert unknown.returncode == zone.returncode == 1
    assert "bryn-derw" in unknown.stderr
    assert "Mars/Base is not a time zone" in zone.stderr


def test_a_file_that_is_something_else_is_sent_to_where_it_belongs(jpd: Jpd, tmp_path: Path) -> None:
    jpd("import", str(SAMPLE / "roster.csv"))

    calendar = jpd("import", str(SAMPLE / "calendars" / "bryn-derw.ics"))
    roster = jpd("calendar", "bryn-derw", str(SAMPLE / "roster.csv"))
    missing = [
        jpd(*command, str(tmp_path / "lost.csv")) for command in (["import"], ["calendar", "bryn-derw"])
    ]
    folder = [jpd(*command, str(tmp_path)) for command in (["import"], ["calendar", "bryn-derw"])]

    assert "This is a calendar, not a list of people. Bring it with jpd calendar" in calendar.stderr
    assert "This is a list of people, not a calendar. Bring it with jpd import." in roster.stderr
    assert all("lost.csv: There is no such file." in each.stderr for each in missing)
    assert all("This is a folder." in each.stderr for each in folder)
    for each in (calendar, roster, *missing, *folder):
        assert each.returncode == 1
        assert "Nothing was changed" in each.stderr
        assert "Traceback" not in each.stderr


def test_a_dry_run_shows_what_a_calendar_says_and_changes_nothing(jpd: Jpd, tmp_path: Path) -> None:
    jpd("import", str(SAMPLE / "roster.csv"))
    life = tmp_path / "life.ics"
    life.write_text(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Founders\nDTSTART;VALUE=DATE:20991116\nEND:VEVENT\nEND:VCALENDAR\n"
    )

    tried = jpd("calendar", "bryn-derw", str(SAMPLE / "calendars" / "bryn-derw.ics"), "--dry-run")
    unclear = jpd("calendar", "bryn-derw", str(life))
    doctor = jpd("doctor")

    assert tried.returncode == 0, tried.stderr
    assert "Term: Spring term, 2027-01-04 to 2027-03-25" in tried.stdout
    assert "nothing was changed" in tried.stdout
    assert unclear.returncode == 1
    assert "“Founders”, 2099-11-16: is the school closed?" in unclear.stdout
    assert "No term and no closed day was found" in unclear.stderr
    assert "has no term dates" in doctor.stdout, "neither of the two has set any"


def test_wrong_settings_are_named_all_at_once_and_never_shown(jpd: Jpd) -> None:
    wrong = jpd("migrate", JPD_PORT="secretport", JPD_TICK_SECONDS="0")

    assert wrong.returncode == 1
    assert "JPD_PORT" in wrong.stderr
    assert "JPD_TICK_SECONDS" in wrong.stderr
    assert "secretport" not in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_the_playground_refuses_to_start_beside_real_tokens(jpd: Jpd) -> None:
    refused = jpd("play", "--no-browser", JPD_SLACK_BOT_TOKEN="xoxb-secret")

    assert refused.returncode == 1
    assert "JPD_SLACK_BOT_TOKEN" in refused.stderr
    assert "xoxb-secret" not in refused.stderr + refused.stdout


def test_prompts_check_finds_a_planted_fault_and_says_where(jpd: Jpd, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "prompts", tmp_path / "prompts")
    focus = tmp_path / "prompts" / "joint-practice-6wk" / "1-focus.en.md"
    focus.write_text(
        focus.read_text().replace("Our goal for all our pupils: {goal}", "You haven't named {gaol} yet.")
    )

    whole, planted = jpd("prompts", "check"), jpd("prompts", "check", str(tmp_path / "prompts"))

    assert whole.returncode == 0, whole.stdout
    assert planted.returncode == 1
    assert "FIX joint-practice-6wk/1-focus.en.md:" in planted.stdout
    assert "gaol" in planted.stdout


def test_a_missing_text_of_a_platform_is_named_by_the_check_and_stood_in_for_by_the_manifest(
    jpd: Jpd, tmp_path: Path
) -> None:
    folder = shutil.copytree(ROOT / "prompts", tmp_path / "prompts")
    file = folder / "platforms" / "teams.en.md"
    file.write_text(file.read_text().replace("## platform.teams-manifest\n", "## platform.teams-other\n"))

    checked = jpd("prompts", "check", str(folder))
    app = "1b2f3c4d-0000-4000-8000-00000000000a"
    made = jpd(
        "manifest", "teams", "--app-id", app, "--url", "https://jpd.example.org", JPD_PROMPTS=str(folder)
    )

    assert checked.returncode == 1
    assert "“platform.teams-manifest”" in checked.stdout
    assert "the shipped one stands in: platforms/teams.en.md" in made.stderr
    assert "Traceback" not in made.stderr


def started(
    tmp_path: Path, *words: str, errors: int = subprocess.DEVNULL, **more: str
) -> subprocess.Popen[str]:
    """A long-running `jpd`, in a folder of its own."""
    settings = {"JPD_DATABASE_URL": database_in(tmp_path), "JPD_PORT": "0", **more}
    return subprocess.Popen(
        [*COMMAND, *words],
        env=process_environment(**settings), cwd=tmp_path, stdout=subprocess.PIPE, stderr=errors, text=True,
    )  # fmt: skip


def test_serve_answers_healthz_and_stops_when_asked(tmp_path: Path) -> None:
    with started(tmp_path, "serve") as process:
        assert process.stdout is not None
        [url] = re.findall(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        with urlopen(f"{url}/healthz", timeout=HANG) as answer:  # noqa: S310  # our own address
            assert answer.read() == b"ok"
        with urlopen(f"{url}/readyz", timeout=HANG) as answer:  # noqa: S310  # our own address
            assert b'"migrations": true' in answer.read()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=HANG) == 0


def test_work_ticks_shows_its_figures_and_stops_when_asked(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    with started(tmp_path, "work", "--concurrency", "2", JPD_METRICS_PORT=port) as process:
        assert process.stdout is not None
        assert "every 10 seconds" in process.stdout.readline()
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=HANG) as answer:
            assert b"jpd_database_up 1.0" in answer.read()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=HANG) == 0


@pytest.mark.parametrize("word", ["serve", "work"])
def test_who_starts_without_the_database_is_told_and_waits_for_it(tmp_path: Path, word: str) -> None:
    nowhere = "postgresql+psycopg://somebody:secret@127.0.0.1:1/jpd"
    with started(tmp_path, word, errors=subprocess.PIPE, JPD_DATABASE_URL=nowhere) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        told = process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        logged = process.stderr.read()
        assert process.wait(timeout=HANG) == 0

    assert "The database does not answer yet" in told
    assert "Traceback" not in logged
    assert "secret" not in told + logged


def test_the_playground_survives_being_killed(tmp_path: Path) -> None:
    words = ("play", "--no-browser", "--port", "0", "--folder", str(tmp_path))
    for _ in range(2):
        with started(tmp_path, *words) as process:
            assert process.stdout is not None
            [url] = re.findall(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())
            with urlopen(f"{url}api/people", timeout=HANG) as answer:  # noqa: S310  # our own address
                assert b"Elin Pugh" in answer.read()
            process.kill()


def test_migrate_can_be_repeated(jpd: Jpd) -> None:
    assert [jpd("migrate").returncode for _ in range(2)] == [0, 0]


@pytest.mark.long
def test_a_demo_plays_a_whole_cycle_and_counts_it(jpd: Jpd) -> None:
    played = jpd("demo")

    assert played.returncode == 0, played.stderr[-2000:]
    last = played.stdout.strip().splitlines()[-1]
    assert "40 members" in last
    assert last.endswith("0 undelivered")
    assert "Elin Pugh" in played.stdout


def test_a_port_that_is_taken_is_one_sentence(jpd: Jpd, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = jpd("play", "--no-browser", "--port", port, "--folder", str(tmp_path / "play"))

    assert refused.returncode == 1
    assert f"Port {port} is taken" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://somebody:secret@localhost/jpd", "neither SQLite nor PostgreSQL"),
        ("postgresql+psycopg://somebody:secret@127.0.0.1:1/jpd", "does not answer"),
        ("sqlite+aiosqlite:////nowhere/at/all/jpd.sqlite", "JPD_DATABASE_URL leads to it"),
    ],
)
def test_a_database_that_cannot_be_used_is_one_sentence(jpd: Jpd, url: str, sentence: str) -> None:
    refused = jpd("migrate", JPD_DATABASE_URL=url)

    assert refused.returncode == 1
    assert sentence in refused.stderr
    assert "secret" not in refused.stderr
    assert "Traceback" not in refused.stderr
