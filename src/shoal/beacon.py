"""How another program of the same user sees a running cluster: a socket in a folder that only this user may enter.

Whoever connects gets one message, compressed JSON, and the end of the stream; nothing that is sent here is read. There is no
thread: the cluster's own selector serves it, and a cluster that cannot have a beacon runs without.
"""

import contextlib
import json
import os
import socket
import stat
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_SUFFIX = ".cluster"
_MOST = 16_000_000  # bytes of a message: ten times what 1000 boards need
_WITHIN_S = 1.0  # a cluster that does not answer for so long is stopped, or stuck


def folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the sockets are; it need not exist."""
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    return Path(runtime) / "shoal" if runtime else Path(tempfile.gettempdir()) / f"shoal-{_user()}"


class Beacon:
    """The socket of one cluster. Serve it when `fileno` is readable."""

    def __init__(self, listener: socket.socket, file: Path) -> None:
        self._listener = listener
        self._file = file

    def fileno(self) -> int:
        """Readable when somebody has connected."""
        return self._listener.fileno()

    def answer(self, values: Mapping[str, Any]) -> None:
        """Tell whoever waits. Who is too slow to take it at once gets a part, which says nothing."""
        message = zlib.compress(json.dumps(values, separators=(",", ":")).encode(), 1)
        with contextlib.suppress(OSError):
            while True:
                asker, _ = self._listener.accept()
                with asker, contextlib.suppress(OSError):
                    asker.setblocking(False)
                    asker.send(message)

    def close(self) -> None:
        """Be gone."""
        self._listener.close()
        with contextlib.suppress(OSError):
            self._file.unlink()


def start() -> Beacon | None:
    """A beacon for a cluster of this process, or None where there can be none."""
    if not hasattr(socket, "AF_UNIX"):
        return None
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        place = folder()
        place.mkdir(mode=0o700, exist_ok=True)
        _check(place)
        with tempfile.NamedTemporaryFile(dir=place, prefix=f"{os.getpid()}-", suffix=_SUFFIX, delete=False) as made:
            file = Path(made.name)
        file.unlink()  # the name is ours now, and bind makes the file itself
        listener.bind(str(file))
        listener.listen()
        listener.setblocking(False)
    except OSError:  # also a path that is too long for a socket
        listener.close()
        return None
    return Beacon(listener, file)


def running() -> dict[str, dict[str, Any]]:
    """What the running clusters of this user say of themselves, oldest first, by a name that stays the same.

    Those that do not answer are left out.
    """
    place = folder()
    try:
        _check(place)
        files = sorted(place.glob(f"*{_SUFFIX}"), key=lambda file: file.stat().st_mtime)
    except OSError:
        return {}
    told = {file.stem: _ask(file) for file in files}
    return {name: values for name, values in told.items() if values is not None}


def _ask(file: Path) -> dict[str, Any] | None:
    message = bytearray()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(_WITHIN_S)
        try:
            asking.connect(str(file))
            while (part := asking.recv(65536)) and len(message) < _MOST:
                message += part
        except ConnectionRefusedError:  # its process was killed
            with contextlib.suppress(OSError):
                file.unlink()
            return None
        except OSError:
            return None
    try:
        values = json.loads(zlib.decompressobj().decompress(bytes(message), _MOST))
    except (zlib.error, ValueError):
        return None
    return values if isinstance(values, dict) else None


def _check(place: Path) -> None:
    """Raises OSError unless the folder is this user's alone: in a common temp folder anyone could have made it."""
    seen = place.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != _user() or seen.st_mode & 0o077:
        raise PermissionError(f"{place} does not belong to this user alone")


def _user() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0
