"""Programs that call home."""

from adrs.evaluating.hostile.hostile import Hostile, spy
from adrs.evaluation import Status


def _socket(name: str, source: str) -> Hostile:
    return Hostile("network", name, Status.CRASHED, "PermissionError", f"import socket\ndef order(times): {source}")


NETWORK = (
    _socket("internet socket", "socket.socket()"),
    _socket("datagram socket", "socket.socket(2, 2)"),
    _socket("raw socket", "socket.socket(2, 3, 1)"),
    _socket("unix socket", "socket.socket(1)"),
    _socket("socket pair", "socket.socketpair()"),
    spy(
        "network",
        "connecting to loopback",
        """
import socket
def attempts():
    def connects(address, family=2):
        with socket.socket(family) as connection:
            connection.settimeout(0.1)
            connection.connect(address)
        return True
    return {
        "TCP": lambda: connects(("127.0.0.1", TARGETS["tcp"])),
        "TCP by another name": lambda: connects(("127.1.2.3", TARGETS["tcp"])),
        "path": lambda: connects(TARGETS["path"], 1),
        "abstract": lambda: connects(TARGETS["abstract"], 1),
        "Docker": lambda: connects("/var/run/docker.sock", 1),
    }
""",
    ),
    spy(
        "network",
        "sending without a connection",
        """
import os, socket
def attempts():
    def sends(address):
        with socket.socket(2, 2) as sender:
            return sender.sendto(b"here I am", address)
    return {
        "loopback": lambda: sends(("127.0.0.1", TARGETS["udp"])),
        "its own connection": lambda: socket.socket(fileno=os.dup(3)).sendto(b"x", TARGETS["abstract"]),
    }
""",
    ),
    spy(
        "network",
        "listening",
        """
import socket
def attempts():
    def listens(address, family=2):
        with socket.socket(family) as door:
            door.bind(address)
            door.listen()
        return True
    return {"TCP": lambda: listens(("127.0.0.1", 0)), "abstract": lambda: listens("\\0adrs-hostile-door", 1)}
""",
    ),
    spy(
        "network",
        "DNS",
        """
import socket
def attempts():
    return {
        "loopback": lambda: socket.getaddrinfo(b"localhost", 80),
        "name server": lambda: socket.socket(2, 2).sendto(bytes(12), ("127.0.0.53", 53)),
        "own name": lambda: socket.gethostbyname(b"localhost"),
    }
""",
    ),
    spy(
        "network",
        "metadata addresses",
        """
import socket
def attempts():
    def begins(address, family=2):
        with socket.socket(family) as connection:
            connection.setblocking(False)
            return connection.connect_ex(address) in (0, 11, 115)
    return {
        "IPv4": lambda: begins(("169.254.169.254", 80)),
        "IPv6": lambda: begins(("fd00:ec2::254", 80, 0, 0), 10),
        "gateway": lambda: begins(("172.17.0.1", 2375)),
    }
""",
    ),
    spy(
        "network",
        "sockets of other families",
        """
import socket
def attempts():
    families = {"IPv6": (10, 2), "netlink": (16, 3), "packet": (17, 3), "crypto": (38, 5), "virtual machine": (40, 1)}
    return {name: lambda kind=kind: socket.socket(*kind) for name, kind in families.items()}
""",
    ),
)
