"""`shoal adopt`: installs the agent on boards, all at once."""

import argparse
import getpass
import json
import os
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path

from shoal import config, image
from shoal.cli.screen import Screen, size
from shoal.demos import files
from shoal.errors import UsageError
from shoal.source.compiler import SUPPORTED
from shoal.tcp import settings
from shoal.usb import install, jobs
from shoal.usb.install import Outcome
from shoal.usb.jobs import OnBus
from shoal.usb.visit import Host, Visit, Visited, visit
from shoal.virtual.breadboard import wiring
from shoal.work import architecture

PASSWORD_NAME = "SHOAL_WIFI_PASSWORD"
WIRINGS = {"i2c": "picocray", "gpio": "esp32", "uart": "uart"}  # whose pins a board gets
BUILT_IN = {"picocray": files.picocray}  # jobs by name

Network = Callable[[Host], bytes | None]
Bus = Callable[[Host], OnBus | None]


def run(args: argparse.Namespace) -> int:
    """Adopt; 1 if one of the boards was not."""
    bus = _bus(args)
    network = _network(args)
    people = Screen(error=True)
    with visit(tuple(args.boards)) as boards:
        lines = {host.slot.name: f"{host.slot.name}  {host.port}" for host in boards.hosts}

        def adopted(host: Host) -> Outcome:
            def progress(done: int, total: int, path: str) -> None:
                share = 100 * done // total if total else 100
                lines[host.slot.name] = f"{host.slot.name}  {share:3} %  {path}"

            file = network(host)
            options = {"replace_main": args.replace, "progress": progress, "bus": bus(host)}
            return install.adopt(host.bootstrap, host.found, file, **options)

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


def _bus(args: argparse.Namespace) -> Bus:
    """How each board is to be one of a bus, or not. The job is compiled for each kind of board once."""
    if not args.bus:
        if args.job or args.wire or args.freq:
            raise UsageError("--job, --wire and --freq belong to --bus")
        return lambda host: None
    if args.wifi:
        raise UsageError("a board is reached by Wi-Fi (--wifi) or by a bus (--bus), not by both")
    wire = args.wire or "i2c"
    facts = wiring.load(WIRINGS[wire]).bus
    own = jobs.settings(wire, args.freq or facts.frequency_hz, facts.pins)

    @cache
    def job(mpy: int) -> dict[str, bytes]:
        arch, version = architecture(mpy) or None, (mpy & 0xFF, mpy >> 8 & 3)
        if args.job in BUILT_IN:
            return BUILT_IN[args.job](arch, version)
        return jobs.compiled(Path(args.job), arch, version)

    if args.job and args.job not in BUILT_IN:
        jobs.compiled(Path(args.job), None, SUPPORTED)  # complains early
    return lambda host: OnBus(wire, own, job(host.found.mpy) if args.job else None)


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
        return f"is up to date{_role(one.told)}"
    kept = f"; its main.py is now {one.told.backup}" if one.told.backup else ""
    return f"adopted: {one.told.written} files, {size(one.told.bytes)}{kept}{_role(one.told)}"


def _role(told: Outcome) -> str:
    return f"; {told.role} of its bus" if told.role else ""


def _document(one: Visited[Outcome]) -> dict[str, object]:
    outcome = asdict(one.told) if one.told else {}
    error = str(one.error) if one.error else None
    return {"name": one.host.slot.name, "unique_id": one.host.found.unique_id, "port": one.host.port, "error": error, **outcome}
