"""A PgBouncer before a PostgreSQL server, in transaction mode: Debian's program, where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, make_url

from tests.support.postgres import OwnServer, wait_until_it_answers

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
SETTINGS = """
[databases]
* = host={server} user=postgres

[pgbouncer]
pool_mode = transaction
auth_type = any
unix_socket_dir = {folder}
listen_addr =
default_pool_size = 8
max_client_conn = 300
logfile = {folder}/log
"""


@contextmanager
def running_pgbouncer(server: OwnServer, database: str) -> Iterator[str]:
    """Start a pooler while the block runs; yield the URL of the database through it."""
    assert PROGRAM is not None
    folder = Path(tempfile.mkdtemp(prefix="jpd-pgb-"))
    folder.joinpath("pgbouncer.ini").write_text(SETTINGS.format(server=server.folder, folder=folder))
    if server.owner:
        os.chown(folder, server.owner["user"], server.owner["group"])
    pooler = subprocess.Popen(
        [PROGRAM, "--quiet", str(folder / "pgbouncer.ini")],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, **server.owner,
    )  # fmt: skip
    try:
        query = {"host": str(folder), "port": "6432"}
        url = URL.create("postgresql+psycopg", "postgres", database=database, query=query)
        wait_until_it_answers(url, folder)
        yield make_url(url).render_as_string(hide_password=False)
    finally:
        pooler.terminate()
        pooler.wait()
        shutil.rmtree(folder, ignore_errors=True)
