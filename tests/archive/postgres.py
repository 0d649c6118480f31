"""A real PostgreSQL server for tests, made from the programs of Debian's package `postgresql`."""

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path
from uuid import uuid4

USER = "adrs"
PASSWORD = "correct-horse-9183"
_SETTINGS = """
listen_addresses = '127.0.0.1'
max_connections = 40
shared_buffers = 16MB
fsync = off  # a test need not survive a power cut; a crash of the server alone loses nothing
log_min_messages = warning
"""
# Over the loopback a password is asked for; over the socket, in a folder of its own, none is.
_ACCESS = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"


def programs() -> Path | None:
    """Return the folder of the newest server programs; None if there are none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


class Postgres:
    """A server with its data in a folder of its own, which is removed with it."""

    def __init__(self) -> None:
        found = programs()
        assert found is not None
        self._programs = found
        self.folder = Path(tempfile.mkdtemp(prefix="adrs-pg-"))
        self.port = _free_port()
        self._data = self.folder / "data"
        self._prefix: list[str] = []
        if os.geteuid() == 0:  # a server refuses to run as root
            self._prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            shutil.chown(self.folder, "postgres", "postgres")
        self.folder.chmod(0o755)
        self._run("initdb", "-D", self._data, "-U", USER, "-A", "trust", "-N", "--locale=C", "-E", "UTF8")
        self._append("postgresql.conf", f"{_SETTINGS}port = {self.port}\nunix_socket_directories = '{self.folder}'\n")
        (self._data / "pg_hba.conf").write_text(_ACCESS)
        self.start()
        self.execute(f"ALTER ROLE {USER} PASSWORD '{PASSWORD}'")

    def url(self, name: str) -> str:
        """Return the URL of a database, over the socket: no password is asked for."""
        return f"postgresql+psycopg://{USER}@/{name}?host={self.folder}&port={self.port}"

    def url_with_password(self, name: str, *, port: int | None = None, password: str = f":{PASSWORD}") -> str:
        """Return the URL of a database over the loopback, or a proxy's port."""
        return f"postgresql://{USER}{password}@127.0.0.1:{port or self.port}/{name}"

    def new_database(self) -> str:
        """Return the name of a database that was made."""
        name = f"t{uuid4().hex[:12]}"
        self.execute(f"CREATE DATABASE {name}")
        return name

    def execute(self, statement: str, *, database: str = "postgres") -> None:
        """Run a statement."""
        import psycopg

        with psycopg.connect(self.url(database).replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(statement.encode())

    def start(self) -> None:
        self._control("start", "-l", self.folder / "log")

    def stop(self, mode: str = "fast") -> None:
        self._control("stop", "-m", mode)

    def restart(self, mode: str = "fast") -> None:
        """Stop the server (`fast` ends every connection, `immediate` is a crash) and start it again."""
        self.stop(mode)
        self.start()

    def close(self) -> None:
        """Stop the server, by the pid that it wrote down, and remove its folder."""
        if (self._data / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self.folder)

    def _control(self, *arguments: str | Path) -> None:
        self._run("pg_ctl", "-D", self._data, "-w", "-s", *arguments)

    def _append(self, name: str, text: str) -> None:
        with (self._data / name).open("a") as file:
            file.write(text)

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [*self._prefix, self._programs / program, *arguments]
        with (self.folder / f"{program}.txt").open("w") as said:  # a pipe would be held open by the server
            subprocess.run(command, check=True, cwd="/", stdout=said, stderr=said, stdin=subprocess.DEVNULL)


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])
