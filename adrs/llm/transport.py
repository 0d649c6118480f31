"""HTTP under both clients: one time limit for a whole reply, no limit on connections, none kept open."""

import socket
import time
from collections.abc import Iterator
from urllib.request import getproxies

import httpx

_CONNECT_SECONDS = 10.0
_KEEP_ALIVE = [
    # Providers say nothing for minutes while a model thinks; routers forget connections that are silent for long.
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 45),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 45),
]


class _Punctual(httpx.HTTPTransport):
    """A transport for which a request's read timeout limits the whole reply, and not each silence within it.

    Some providers send blank lines while a request waits in their queue, which a plain read timeout takes for
    progress. The limit is tested as bytes arrive; a reply that starts and then falls silent ends one read timeout
    after its last byte.
    """

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        limits = request.extensions.get("timeout", {})
        request.extensions["timeout"] = {**limits, "connect": _CONNECT_SECONDS}
        deadline = time.monotonic() + (limits.get("read") or float("inf"))
        response = super().handle_request(request)
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _Until(response.stream, deadline, request)
        return response


class _Until(httpx.SyncByteStream):
    """A body that must arrive before a deadline."""

    def __init__(self, body: httpx.SyncByteStream, deadline: float, request: httpx.Request) -> None:
        self._body = body
        self._deadline = deadline
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._body:
            if time.monotonic() > self._deadline:
                raise httpx.ReadTimeout("the reply took too long", request=self._request)
            yield chunk

    def close(self) -> None:
        self._body.close()


def transport() -> httpx.HTTPTransport | None:
    """Return the transport; None behind a proxy, which httpx honours only without a transport of ours.

    Connections are not kept: next to a model's answer a handshake costs nothing, and a kept one that the server
    closes at the wrong moment looks like an answer that was lost.
    """
    if {"http", "https", "all"} & getproxies().keys():
        return None
    return _Punctual(limits=httpx.Limits(max_connections=None, max_keepalive_connections=0), socket_options=_KEEP_ALIVE)


def http_client() -> httpx.Client:
    """Return a client on the transport."""
    return httpx.Client(transport=transport(), follow_redirects=True)
