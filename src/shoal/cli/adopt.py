"""`shoal adopt`: installs the agent on boards, all at once."""

import argparse
import getpass
import json
import os
from collections.abc import Callable
from dataclasses import asdict

from shoal import config, image
from shoal.cli.screen import Screen, size
from shoal.errors import UsageError
from shoal.tcp import settings
from shoal.usb import install
from shoal.usb.install import Outcome
from shoal.usb.visit import Host, Visit, Visited, visit

PASSWORD_NAME = "SHOAL_WIFI_PASSWORD"

Network = Callable[[Host], bytes | None]


def run(args: argparse.Namespace) -> int:
    """Adopt; 1 if one of the boards was not."""
    network = _network(args)
    people = Screen(error=True)
    with visit(tuple(args.boards)) as boards:
        lines = {host.slot.name: f"{host.slot.name}  {host.port}" for host in boards.hosts}

        def adopted(host: Host) -> Outcome:
            def progress(done: int, total: int, path: str) -> None:
                share = 100 * done // total if total else 100
                lines[host.slot.name] = f"{host.slot.name}  {share:3} %  {path}"

            file = network(host)
            return install.adopt(host.bootstrap, host.found, file, replace_main=args.replace, progress=progress)

        with people.lines(lambda: list(lines.values())):
            done = boards.each(adopted)
    _tell(done, boards, args.json, people)
    return 1 if any(one.error for one in done) else 0


def _network(args: argparse.Namespace) -> Network:
    """Makes the settings file of each board, or of none. The key is kept here before the board has it."""
    if not args.wifi:
        if args.country or args.dial:
            raise UsageError("--country and --dial belong to --wifi SSID")
        return lambda host: None
    password = os.environ.get(PASSWORD_NAME)
    if password is None:
        password = getpass.getpass(f"password of {args.wifi} (empty for an open network): ")
    settings.network_file("00", bytes(settings.KEY_BYTES), args.wifi, password, args.country, args.dial)  # complains early

    def file(host: Host) -> bytes:
        unique_id = host.found.unique_id
        if not unique_id:
            raise UsageError(f"{host.port}: this board has no unique id, so no key can be kept for it; use it by USB")
        key = config.key(unique_id)
        if key is None:
            key = settings.new_key()
            config.store_key(unique_id, key)
        return settings.network_file(unique_id, key, args.wifi, password, args.country, args.dial)

    return file


def _tell(done: list[Visited[Outcome]], boards: Visit, as_json: bool, people: Screen) -> None:
    if as_json:
        print(json.dumps({"release": image.release(), "boards": [_document(one) for one in done]}, indent=2))
        return
    screen = Screen()
    for one in done:
        screen.say(f"{one.host.slot.name}  {one.host.port}  {_words(one)}")
    for reason in boards.unusable:
        people.say(f"left out: {reason}")


def _words(one: Visited[Outcome]) -> str:
    if one.told is None:
        return f"not adopted: {one.error}"
    if not one.told.written and not one.told.bytes:
        return "is up to date"
    kept = f"; its main.py is now {one.told.backup}" if one.told.backup else ""
    return f"adopted: {one.told.written} files, {size(one.told.bytes)}{kept}"


def _document(one: Visited[Outcome]) -> dict[str, object]:
    outcome = asdict(one.told) if one.told else {}
    error = str(one.error) if one.error else None
    return {"name": one.host.slot.name, "unique_id": one.host.found.unique_id, "port": one.host.port, "error": error, **outcome}
