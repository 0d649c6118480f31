"""A proxy before a database server that cuts the line at a commit: before the server hears of it, or before we do."""

import contextlib
import socket
import threading
from collections.abc import Callable

COMMIT = b"COMMIT"
_SIZE = 65_536


class Proxy:
    """Forwards connections to a port of this machine, from a port of its own.

    `cut(commit)` says for each commit, counted from 1, whether the line is cut "before" it reaches the server or
    "after" that and before the answer; None lets it pass.
    """

    def __init__(self, port: int, cut: Callable[[int], str | None] = lambda commit: None) -> None:
        self._target = port
        self._cut = cut
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.commits = 0
        self.cuts = 0
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Accept no more."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                ours, _ = self._listener.accept()
            except OSError:
                return
            theirs = socket.create_connection(("127.0.0.1", self._target))
            threading.Thread(target=self._connect, args=(ours, theirs), daemon=True).start()

    def _connect(self, ours: socket.socket, theirs: socket.socket) -> None:
        with ours, theirs:
            back = threading.Thread(target=self._forward, args=(theirs, ours), kwargs={"watched": False}, daemon=True)
            back.start()
            self._forward(ours, theirs, watched=True)
            back.join()

    def _forward(self, source: socket.socket, sink: socket.socket, *, watched: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_SIZE):
                how = self._fate(data) if watched else None
                if how == "after":
                    source.shutdown(socket.SHUT_RDWR)  # we hear nothing more; the server may
                if how != "before":
                    sink.sendall(data)
                if how is not None:
                    self.cuts += 1
                    break
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _fate(self, data: bytes) -> str | None:
        if COMMIT not in data:
            return None
        self.commits += 1
        return self._cut(self.commits)
