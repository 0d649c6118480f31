"""A server on loopback that speaks OpenAI's chat protocol and behaves, call by call, as a test tells it to."""

import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, TypeAlias

USAGE: Mapping[str, object] = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}


@dataclass(frozen=True)
class Request:
    """What a client sent; header names are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


@dataclass
class Exchange:
    """One request in progress, and the means to answer it, well or badly."""

    handler: BaseHTTPRequestHandler
    closing: threading.Event
    request: Request
    extra: dict[str, str] = field(default_factory=dict)

    def head(self, status: int, length: int, *, kind: str = "application/json") -> None:
        self.handler.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(length), **self.extra}.items():
            self.handler.send_header(name, value)
        self.handler.end_headers()

    def send(self, body: bytes) -> None:
        self.handler.wfile.write(body)
        self.handler.wfile.flush()

    def wait(self, seconds: float) -> None:
        """Wait, or until the server closes."""
        self.closing.wait(seconds)


Behaviour: TypeAlias = Callable[[Exchange], None]


def completion(
    text: str | None = "hello", *, finish: str = "stop", usage: Mapping[str, object] | None = USAGE
) -> bytes:
    """Return the body of a good reply."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    body = {"id": "chat-1", "object": "chat.completion", "created": 1, "model": "served-1", "choices": [choice]}
    return json.dumps(body if usage is None else {**body, "usage": usage}).encode()


def replies(body: bytes, *, status: int = 200, kind: str = "application/json", **headers: str) -> Behaviour:
    """Send a whole body; underscores in header names become hyphens."""

    def behave(exchange: Exchange) -> None:
        exchange.extra = {name.replace("_", "-"): value for name, value in headers.items()}
        exchange.head(status, len(body), kind=kind)
        exchange.send(body)

    return behave


def says(text: str | None = "hello", *, finish: str = "stop", usage: Mapping[str, object] | None = USAGE) -> Behaviour:
    """Answer as a model does."""
    return replies(completion(text, finish=finish, usage=usage))


def fails(status: int, message: str = "no", *, code: str | None = None, **headers: str) -> Behaviour:
    """Answer with an error in OpenAI's form."""
    error = {"message": message, "type": "test", "param": None, "code": code}
    return replies(json.dumps({"error": error}).encode(), status=status, **headers)


def late(seconds: float) -> Behaviour:
    """Say nothing for so long, then answer."""

    def behave(exchange: Exchange) -> None:
        exchange.wait(seconds)
        says()(exchange)

    return behave


def drips(seconds: float) -> Behaviour:
    """Send blank lines for so long, as some providers do while a request queues, then answer."""

    def behave(exchange: Exchange) -> None:
        lines, body = round(seconds / 0.02), completion()
        exchange.head(200, lines + len(body))
        for _ in range(lines):
            exchange.send(b"\n")
            exchange.wait(0.02)
        exchange.send(body)

    return behave


def cut_off(exchange: Exchange) -> None:
    """Send half of what was announced, and close."""
    body = completion()
    exchange.head(200, len(body))
    exchange.send(body[: len(body) // 2])
    exchange.handler.close_connection = True


def hangs_up(exchange: Exchange) -> None:
    """Close without a word."""
    exchange.handler.close_connection = True


class OpenAIServer:
    """The server; a context manager. Says `hello` where nothing else is scripted."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._script: deque[Behaviour] = deque()
        self._rest: Behaviour = says()
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._http = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        """The base URL, as clients want it."""
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def script(self, *behaviours: Behaviour, rest: Behaviour | None = None) -> None:
        """Forget the past; behave like this in the next calls, and like `rest` in all later ones."""
        with self._lock:
            self.requests.clear()
            self._script = deque(behaviours)
            self._rest = rest or says()

    def handle(self, request: Request, exchange: Exchange) -> None:
        with self._lock:
            self.requests.append(request)
            behave = self._script.popleft() if self._script else self._rest
        behave(exchange)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that give up are what is tested."""


def _handler(server: OpenAIServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.path, headers, body)
            server.handle(request, Exchange(self, server.closing, request))

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
