"""A private PostgreSQL in a temporary folder, reached by a Unix socket, for the tests that ask for it."""

import contextlib
import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

PASSWORD = "for-tests-only"


@functools.cache
def programs() -> Path | None:
    """The folder of initdb and pg_ctl of the newest PostgreSQL here, or None."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    found = shutil.which("initdb")
    folders = [*debian[::-1], *([Path(found).parent] if found else [])]
    return next((f for f in folders if (f / "initdb").exists() and (f / "pg_ctl").exists()), None)


class Server:
    """`url(database)` for SQLAlchemy, without the password, which stands in `password_file`."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder, self.programs = folder, programs
        self.password_file = folder / "password"
        # PostgreSQL refuses to run as root.
        root = os.geteuid() == 0
        self.prefix = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if root else []

    def run(self, program: str, *arguments: str) -> None:
        command = [*self.prefix, str(self.programs / program), *arguments]
        log = self.folder / "commands.log"
        with log.open("ab") as output:  # a pipe would be kept open by the server that pg_ctl leaves behind
            done = subprocess.run(command, cwd=self.folder, stdout=output, stderr=output, check=False)
        assert done.returncode == 0, log.read_text()

    def pipe(self, program: str, *arguments: str, text: bytes = b"") -> bytes:
        """What a client program of PostgreSQL answers to what it is given."""
        command = [str(self.programs / program), "-h", str(self.folder), *arguments]
        environment = {**os.environ, "PGPASSWORD": PASSWORD}
        return subprocess.run(command, input=text, env=environment, stdout=subprocess.PIPE, check=True).stdout

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://lab@/{database}?host={self.folder}"

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' -c fsync=off"
        data = str(self.folder / "data")
        self.run("pg_ctl", "-D", data, "-l", str(self.folder / "server.log"), "-o", options, "-w", "start")

    def stop(self) -> None:
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")

    def create(self, database: str, options: str = "") -> None:
        import psycopg

        address = f"host={self.folder} user=lab password={PASSWORD} dbname=postgres"
        with psycopg.connect(address, autocommit=True) as db:
            db.execute(f'CREATE DATABASE "{database}" {options}'.encode())


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """A started server with one user, `lab`; everything of it is gone afterwards."""
    bin_folder = programs()
    assert bin_folder is not None
    # Not pytest's tmp_path: its parents are closed to other users, and a socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="lab-db-", ignore_cleanup_errors=True) as name:
        server = Server(Path(name), bin_folder)
        server.password_file.write_text(f"{PASSWORD}\n")
        if server.prefix:
            for place in (server.folder, server.password_file):
                shutil.chown(place, "nobody", "nogroup")
        server.run(
            "initdb",
            "-D",
            str(server.folder / "data"),
            "-U",
            "lab",
            "--pwfile",
            str(server.password_file),
            "--auth=scram-sha-256",
            "--no-sync",
            "--no-locale",
            "--encoding=UTF8",
        )
        server.start()
        try:
            yield server
        finally:
            server.stop()
