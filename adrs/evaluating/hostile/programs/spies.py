"""Programs that look for files, keys, processes and the trusted side of the evaluation."""

from adrs.evaluating.hostile.hostile import spy

_PLACES = """
import os
places = TARGETS["files"] + [TARGETS["folder"], "/", ".", "/tmp", "/dev/shm", "/var/tmp", "/home", "/root"]
places += ["/etc/passwd", "/etc/shadow", "/dev/null", "/dev/zero", "/dev/tty", "/sys/kernel", "/run"]
places += ["/var/run/docker.sock", "/adrs", "/problem"]
places += [*(os.path.expanduser(f"~/.{name}") for name in ("ssh", "netrc", "aws"))]
"""


def _over_places(reach: str) -> str:
    return f"""{_PLACES}
def reach(path):
    {reach}
    return True
def attempts():
    return {{path: lambda path=path: reach(path) for path in places}}
"""


SPIES = (
    spy("spy", "reading files", _over_places("open(path, 'rb').read(1)")),
    spy("spy", "listing folders", _over_places("os.listdir(path)")),
    spy("spy", "looking at files", _over_places("os.stat(path)")),
    spy("spy", "going to folders", _over_places("os.chdir(path); os.chdir('/')")),
    spy("spy", "writing into files", _over_places("os.close(os.open(path, os.O_WRONLY))")),
    spy(
        "spy",
        "writing everywhere",
        """
import os
folders = [TARGETS["folder"], "/", ".", "/tmp", "/dev/shm", "/dev/mqueue", "/var/tmp", "/run", "/adrs", "/proc/self"]
def make(folder):
    path = f"{folder}/adrs-hostile-file"
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    os.unlink(path)
    return True
def folder_in(folder):
    os.mkdir(f"{folder}/adrs-hostile-folder")
    os.rmdir(f"{folder}/adrs-hostile-folder")
    return True
def link(folder):
    os.symlink("/etc/passwd", f"{folder}/adrs-hostile-link")
    os.unlink(f"{folder}/adrs-hostile-link")
    return True
def attempts():
    return {f"{way.__name__} {folder}": lambda way=way, folder=folder: way(folder) for way in (make, folder_in, link)
            for folder in folders}
""",
    ),
    spy(
        "spy",
        "changing files",
        """
import os
def attempts():
    path = TARGETS["files"][0]
    return {
        "mode": lambda: not os.chmod(path, 0o666),
        "times": lambda: not os.utime(path, ns=(os.stat(path).st_atime_ns, os.stat(path).st_mtime_ns)),
        "name": lambda: not os.rename(path, path),
        "owner": lambda: not os.chown(path, -1, -1),
        "length": lambda: not os.truncate(path, os.stat(path).st_size),
        "access": lambda: os.access(path, os.F_OK),
        "space": lambda: os.statvfs(path),
    }
""",
    ),
    spy(
        "spy",
        "reading the environment",
        """
import ctypes, os
libc = ctypes.CDLL(None)
libc.getenv.restype = ctypes.c_char_p
def attempts():
    names = (TARGETS["variable"], "PATH", "HOME", "OPENAI_API_KEY")
    entries = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ")
    return {
        "os.environ": lambda: list(os.environ),
        "getenv": lambda: [name for name in names if libc.getenv(name.encode())],
        "environ": lambda: bool(entries) and entries[0],
    }
""",
    ),
    spy(
        "spy",
        "/proc of itself and others",
        """
import os
def attempts():
    numbers = ["self", "thread-self", 1, os.getpid(), os.getppid(), TARGETS["host"], TARGETS["bystander"]]
    names = ("environ", "cmdline", "maps", "mem", "status", "fd", "root", "cwd", "ns/pid", "task")
    paths = [f"/proc/{number}/{name}" for number in numbers for name in names]
    paths += ["/proc", "/proc/meminfo", "/proc/net/tcp", "/proc/sys/kernel/hostname", "/proc/self/oom_score_adj"]
    return {path: lambda path=path: os.stat(path) for path in paths}
""",
    ),
    spy(
        "spy",
        "open files of the runner",
        """
import errno, os
def attempts():
    def is_open(number):
        try:
            os.lseek(number, 0, 0)
        except OSError as error:
            return error.errno != errno.EBADF
        return True
    return {str(number): lambda number=number: is_open(number) for number in range(4, 1000)}
""",
    ),
    spy(
        "spy",
        "connections in memory",
        """
import gc, os, socket
def attempts():
    def speaks(thing):
        try:
            return thing.fileno() not in (3, -1) and thing.send(b'{"end": true}')
        except OSError:
            return False
    return {"sockets": lambda: [1 for thing in gc.get_objects() if isinstance(thing, socket.socket) and speaks(thing)]}
""",
    ),
    spy(
        "spy",
        "frames and objects of the trusted side",
        """
import gc, sys
NAMES = {"Bench", "OneMachine", "Jobs", "Evaluation", "Result", "Problem", "Verdict", "Surroundings"}
def attempts():
    def seen():
        frame = sys._getframe()
        while frame:
            yield from frame.f_locals.values()
            frame = frame.f_back
    return {
        "frames": lambda: [1 for thing in seen() if type(thing).__name__ in NAMES],
        "objects": lambda: [1 for thing in gc.get_objects() if type(thing).__name__ in NAMES],
        "modules": lambda: [name for name in sys.modules if name.startswith("adrs.")],
    }
""",
    ),
    spy(
        "spy",
        "words of the command line",
        """
import sys
def attempts():
    said = " ".join([*sys.argv, *sys.orig_argv])
    return {path: lambda path=path: path in said for path in (*TARGETS["files"], TARGETS["folder"], TARGETS["home"])}
""",
    ),
    spy(
        "spy",
        "modules that open doors",
        """
def attempts():
    def loads(name):
        try:
            return __import__(name)
        except ImportError:
            return None
    names = ("sqlite3", "subprocess", "multiprocessing", "http.client", "urllib.request", "ssl", "adrs", "venv")
    return {name: lambda name=name: loads(name) for name in names}
""",
    ),
)
