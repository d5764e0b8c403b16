"""A computer as a board: the agent under CPython, listening. `python -m shoal.tcp.board`, for Raspberry Pis and the like.

Its id and key are made at the first start and kept in board.toml of the user's folder; `--show` prints what another computer
needs. Whoever has the key runs code with the rights of the user who started this.
"""

import argparse
import contextlib
import os
import secrets
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from shoal import config
from shoal.errors import LinkError, ShoalError, UsageError
from shoal.tcp import discovery, settings

_SCRIPT = Path(__file__).with_name("onboard") / "listen.py"
_MODULES = Path(__file__).parents[1] / "virtual" / "onboard"  # `machine` and `micropython` for a board that has neither
_MULTICAST_DNS = ("224.0.0.251", 5353)


def identity(file: Path) -> tuple[str, bytes]:
    """The unique id and key of this computer as a board, made if the file is not there. Raises UsageError if it is damaged."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError), open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
        made.write(f'id = "{secrets.token_hex(8)}"\nkey = "{settings.new_key().hex()}"\n')
    try:
        kept = tomllib.loads(file.read_text(encoding="utf-8"))
        unique_id, key = str(kept["id"]), bytes.fromhex(kept["key"])
        if len(key) == settings.KEY_BYTES:
            return unique_id, key
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise UsageError(f"{file} does not hold an id and a key; remove it, and another key is made")


def main(arguments: list[str] | None = None) -> int:
    """Serve hosts until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m shoal.tcp.board", description="run tasks of other computers on this one")
    parser.add_argument("--address", default="0.0.0.0", help="where to listen; default: everywhere")
    parser.add_argument("--port", type=int, default=settings.PORT, help=f"default: {settings.PORT}")
    parser.add_argument(
        "--show", action="store_true", help="print the line for keys.toml of the computer that shall use this one"
    )
    args = parser.parse_args(arguments)
    try:
        unique_id, key = identity(config.folder() / "board.toml")
        if args.show:
            print(f'"{unique_id}" = "{key.hex()}"')
            return 0
        return _serve(args.address, args.port, unique_id, key)
    except ShoalError as error:
        print(f"shoal: {error}", file=sys.stderr)
        return 1


def _serve(address: str, port: int, unique_id: str, key: bytes) -> int:
    """Run the agent in a process of its own: what a task does to it ends with it."""
    command = [sys.executable, str(_SCRIPT), address, str(port), unique_id, str(os.cpu_count() or 1)]
    path = os.pathsep.join(filter(None, (str(_MODULES), os.environ.get("PYTHONPATH"))))
    announcement = None
    try:
        while True:
            with _agent(command, dict(os.environ, PYTHONPATH=path), key) as process:
                assert process.stdout
                if process.stdout.readline() != b"ready\n":
                    raise LinkError(f"cannot listen at {address} port {port}; what is above says why")
                print(f"{settings.hostname(unique_id)}, id {unique_id}, listens at {address} port {port}", flush=True)
                announcement = announcement or _announce(address, port, unique_id)
                process.wait()
                print(f"its agent ended with status {process.returncode}, and is started again", flush=True)
    except KeyboardInterrupt:
        return 0
    finally:
        if announcement:
            announcement.close()


@contextlib.contextmanager
def _agent(command: list[str], environment: dict[str, str], key: bytes) -> Iterator[subprocess.Popen[bytes]]:
    """The agent's process, which gets the key by a pipe: command lines may be read by everybody."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    try:
        assert process.stdin
        process.stdin.write(key)
        process.stdin.flush()
        yield process
    finally:
        process.kill()
        process.communicate()


def _announce(address: str, port: int, unique_id: str) -> discovery.Announcement | None:
    """Tell the network where this board is, if there is one to tell."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        if address == "0.0.0.0":
            probe.connect(_MULTICAST_DNS)  # sends nothing, and shows from which of our addresses it would
            address = probe.getsockname()[0]
        loopback = [address] if address.startswith("127.") else None
        return discovery.Announcement(settings.hostname(unique_id), address, port, loopback)
    return None


if __name__ == "__main__":
    sys.exit(main())
