"""Puts the agent into a board's flash, and takes it off again.

The manifest is written last and removed first: it names every file with its size and CRC-32, and without it the agent does not
start, so a board that lost power meanwhile is recognised, and repaired by doing it again. What is there already is not written
again. A user's main.py is never written over: it is renamed, if that was asked for, and gets its name back on release.
"""

import ast
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from shoal import image
from shoal.errors import LinkError, UsageError
from shoal.usb.bootstrap import Bootstrap, agent_files
from shoal.usb.identify import BUS, FOLDER, JOBS, MANIFEST, NETWORK, Found
from shoal.usb.jobs import PORTS, OnBus, wire_of
from shoal.usb.programs import installed, program
from shoal.usb.repl import RemoteCodeError, StoppedError

MAIN = "/main.py"
BACKUP = "/main.py.bak-"  # and a number
BLOCK = 4096  # bytes of flash that a file takes at least
TRIES = 3  # to send a file that was damaged on its way
STARTED_S = 8.0  # from the reset to the first HELLO of the installed agent
_WRITE_S = 20.0  # flash that is worn, or full of small pieces, may take long over a file
_ENOSPC = "28"

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Outcome:
    """What was done to a board. `written`: files; `bytes`: of them; `backup`: what its main.py is called now, "" if untouched;
    `role`: on a bus, what it is: "controller" or "processor"."""

    written: int
    bytes: int
    backup: str = ""
    role: str = ""


class Clerk:
    """The functions that a board runs for us in its raw REPL, which must be there."""

    def __init__(self, bootstrap: Bootstrap) -> None:
        self._repl = bootstrap.repl
        self._repl.run(program("clerk"), "getting ready to write its flash")

    def have(self) -> dict[str, tuple[int, int]]:
        """Files of ours on the board: path -> size and CRC-32."""
        told: dict[str, tuple[int, int]] = self._ask(f"have({FOLDER!r}, {[MAIN, NETWORK, BUS]!r})", "reading its flash")
        return told

    def text(self, path: str) -> str:
        """What is in a file."""
        told: str = self._ask(f"print(repr(open({path!r}).read()))", "reading its flash")
        return told

    def names(self) -> list[str]:
        """What lies in the top folder."""
        told: list[str] = self._ask('names("/")', "reading its flash")
        return told

    def _ask(self, call: str, what: str) -> Any:
        return ast.literal_eval(self._repl.run(call, what, silence=_WRITE_S).decode().strip())

    def put(self, path: str, data: bytes) -> None:
        """Write a file, whole or not at all."""
        call = f"put({path!r}, {len(data)}, {zlib.crc32(data)})"
        for attempt in range(TRIES):
            try:
                self._repl.run(call, f"writing {path}", lambda said: self._repl.send(data) if b"go" in said else None, _WRITE_S)
                return
            except StoppedError:
                raise
            except RemoteCodeError as error:
                damaged = "EIO" in error.trace or "ETIMEDOUT" in error.trace or "OSError: 5" in error.trace
                if not damaged or attempt == TRIES - 1:
                    raise

    def drop(self, paths: list[str]) -> None:
        self._repl.run(f"drop({paths!r})", "removing files", silence=_WRITE_S)

    def rename(self, old: str, new: str) -> None:
        self._repl.run(f"os.rename({old!r}, {new!r})", f"renaming {old}", silence=_WRITE_S)


def adopt(
    bootstrap: Bootstrap,
    found: Found,
    network: bytes | None,
    *,
    replace_main: bool,
    progress: Progress = lambda *_: None,
    bus: OnBus | None = None,
) -> Outcome:
    """Install the agent on a board at its prompt, and start it. `network`: its Wi-Fi settings file, None: as they are; `bus`: it
    is to be a board of a bus, None: if it is one already.

    Raises UsageError for a main.py of its user's, LinkError if the flash is full: then the board is as it was.
    """
    where = bootstrap.repl.where
    if found.main == "theirs" and not replace_main:
        raise UsageError(f"{where}: it has a main.py of its own; --replace renames it, and `shoal release` puts it back")
    if (found.network and bus) or (found.bus and network is not None):
        raise UsageError(f"{where}: a board is reached by Wi-Fi or by a bus, not by both; `shoal release` it first")
    clerk = Clerk(bootstrap)
    there = clerk.have()
    if found.bus and bus is None:
        text = clerk.text(BUS)
        bus = OnBus(wire_of(text), text.encode())
    files = _files(found.network or network is not None, bus, bootstrap.link.lossy)
    if network is not None:
        files[NETWORK] = network
    kept = {path: facts for path, facts in there.items() if bus and bus.job is None and path.startswith(JOBS + "/")}
    manifest = _manifest(files, kept)
    missing = {path: data for path, data in files.items() if there.get(path) != (len(data), zlib.crc32(data))}
    stale = [path for path in there if path not in files and path not in kept and path not in (MAIN, MANIFEST, NETWORK)]
    if not missing and not stale and there.get(MANIFEST) == (len(manifest), zlib.crc32(manifest)):
        return Outcome(0, 0, role=_start(bootstrap, found, network, bus))
    _check_room(where, found, missing, there)
    clerk.drop([MANIFEST, *stale])
    backup = ""
    total = sum(map(len, missing.values())) + len(manifest)
    done = 0
    try:
        if found.main == "theirs":
            backup = _free_name(clerk.names())
            clerk.rename(MAIN, backup)
        for path, data in [*missing.items(), (MANIFEST, manifest)]:
            progress(done, total, path)
            clerk.put(path, data)
            done += len(data)
    except RemoteCodeError as error:
        _undo(clerk, files, backup)
        if _ENOSPC in error.trace or "ENOSPC" in error.trace:
            raise _full(where, found, total) from error
        raise
    progress(total, total, "")
    return Outcome(len(missing), done, backup, _start(bootstrap, found, network, bus))


def _files(network: bool, bus: OnBus | None, lossy: bool) -> dict[str, bytes]:
    ports = (PORTS[bus.wire],) if bus else ("usb", "tcp") if network else ("usb",)
    files = {f"/lib{path}": code for path, code in agent_files(ports, lossy).items()}
    files[MAIN] = installed("main")
    if bus:
        files[BUS] = bus.settings
        files |= {f"{JOBS}/{name}": data for name, data in (bus.job or {}).items()}
    return files


def _manifest(files: dict[str, bytes], kept: dict[str, tuple[int, int]]) -> bytes:
    """`kept`: files that are on the board, and stay. Settings are not in it: their user may change them."""
    facts = {path: (len(data), zlib.crc32(data)) for path, data in files.items() if path not in (NETWORK, BUS)} | kept
    lines = [f"{path} {size} {crc:08x}\n" for path, (size, crc) in sorted(facts.items())]
    return "".join([image.release() + "\n", *lines]).encode()


def _check_room(where: str, found: Found, missing: dict[str, bytes], there: dict[str, tuple[int, int]]) -> None:
    """Before anything is written. A file that is replaced lies there twice for a moment."""
    need = sum(_blocks(len(data)) for path, data in missing.items() if path not in there)
    spare = max([_blocks(len(data)) for data in missing.values()], default=0)
    if need + spare > found.flash_free:
        raise _full(where, found, need + spare)


def _blocks(size: int) -> int:
    return (size + BLOCK - 1) // BLOCK * BLOCK


def _full(where: str, found: Found, need: int) -> LinkError:
    free, wanted = (f"{size / 1000:.0f} kB" for size in (found.flash_free, need))
    return LinkError(f"{where}: its flash is too full: {free} free, {wanted} needed; delete files on it. It is as it was")


def _undo(clerk: Clerk, files: dict[str, bytes], backup: str) -> None:
    """Leave no half agent: without it the board works as before."""
    paths = [path for path in files if path != NETWORK]
    folders = {path.rpartition("/")[0] for path in paths} - {"", "/lib"}
    clerk.drop([MANIFEST, *paths, *sorted(folders, key=len, reverse=True), "/lib"])
    if backup:
        clerk.rename(backup, MAIN)


def _free_name(names: list[str]) -> str:
    number = 1
    while BACKUP[1:] + str(number) in names:
        number += 1
    return BACKUP + str(number)


def _start(bootstrap: Bootstrap, found: Found, network: bytes | None, bus: OnBus | None) -> str:
    """Restart the board, so that its main.py runs, and see that the agent answers; one that serves Wi-Fi does not, on USB.

    A board of a bus says what it is: that is given. What a controller's job does then is not waited for.
    """
    bootstrap.repl.leave(restart=True)
    if bus:
        return bootstrap.hears(r"shoal: (controller|processor) ", STARTED_S)
    if found.network or network is not None:
        return ""
    if not bootstrap.greets(STARTED_S):
        said = bootstrap.repl.heard[-160:].decode(errors="replace").strip()
        where = bootstrap.repl.where
        raise LinkError(f"{where}: the agent was installed, but does not answer after a restart; it says: {said!r}")
    bootstrap.repl.enter(agent=True)  # out of the session that our greeting began: Ctrl-C is a human's again
    bootstrap.repl.leave(restart=True)
    return ""


def release(bootstrap: Bootstrap, found: Found) -> Outcome:
    """Take the agent off a board at its prompt, put back its user's main.py, and restart it."""
    clerk = Clerk(bootstrap)
    there = clerk.have()
    files = {NETWORK, BUS, MAIN} if found.main == "ours" else {NETWORK, BUS}
    ours = [path for path in there if path.startswith(FOLDER + "/") or path in files]
    folders = {path.rpartition("/")[0] for path in ours} - {"", "/lib"}
    removed = [MANIFEST, *(path for path in ours if path != MANIFEST)]
    clerk.drop([*removed, *sorted(folders | {FOLDER, FOLDER + "/ports", JOBS}, key=len, reverse=True), "/lib"])
    backups = [name for name in clerk.names() if name.startswith(BACKUP[1:]) and name[len(BACKUP) - 1 :].isdecimal()]
    backup = ""
    if backups and found.main != "theirs":
        backup = "/" + max(backups, key=lambda name: int(name[len(BACKUP) - 1 :]))
        clerk.rename(backup, MAIN)
    bootstrap.repl.leave(restart=True)
    return replace(Outcome(len(ours), sum(there[path][0] for path in ours)), backup=backup)
