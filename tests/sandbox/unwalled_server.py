"""The other side of `Unwalled`: does what programs say, in one process for all of them. Run by it, as a program."""

import json
import random
import socket
import sys
from typing import Any

import numpy as np

_STREAMS = random.Random(0).getstate(), np.random.RandomState(0).get_state()


def serve(channel: socket.socket) -> None:
    """Answer every line; between two programs nothing is undone but the state of the shared random streams."""
    space: dict[str, Any] = {}
    channel.sendall(b"ready\n")
    with channel.makefile() as lines:
        for line in lines:
            try:
                answer: object = "answer", _obey(space, *json.loads(line))
            except Exception as error:  # noqa: BLE001 - whatever a program raises is its own failure
                answer = "crashed", f"{type(error).__name__}: {error}"
            channel.sendall(json.dumps(answer).encode() + b"\n")


def _obey(space: dict[str, Any], verb: str, *rest: Any) -> object:
    if verb == "load":
        space.clear()
        random.setstate(_STREAMS[0])
        np.random.set_state(_STREAMS[1])
        exec(rest[0], space)
        return None
    answer = space[verb](*map(np.array, rest))
    return answer.tolist() if isinstance(answer, np.ndarray) else answer


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
