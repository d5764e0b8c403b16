"""Rules about this computer and its USB."""

from collections.abc import Callable, Iterator

from shoal.doctor.facts import Facts
from shoal.doctor.findings import Finding, found, limit

_PURPOSES = {
    "network": "finding boards on the network by name",
    "flash": "shoal flash",
    "emulator": "emulated: boards",
    "vision": "pictures in examples and demo",
    "numpy": "sending numpy arrays",
    "joblib": "the joblib backend",
    "plots": "curves of predictions as SVG and PNG",
}
_HERE = "this computer"
_NO_BOARDS = ("gps", "modem")
_MICROPYTHON_VENDORS = ("2e8a", "f055", "303a")  # Raspberry Pi, MicroPython, Espressif


def _compiler(facts: Facts) -> Iterator[Finding]:
    if facts.computer.mpy_cross:
        yield found("mpy_cross_missing", _HERE, facts.computer.mpy_cross)


def _virtual(facts: Facts) -> Iterator[Finding]:
    if facts.computer.virtual:
        yield found("virtual_fails", _HERE, facts.computer.virtual)
    elif facts.computer.virtual_warning:
        yield found("virtual_cpython", _HERE, facts.computer.virtual_warning)


def _files(facts: Facts) -> Iterator[Finding]:
    computer = facts.computer
    if computer.fleet_problem:
        yield found("fleet_file_broken", "fleet file", computer.fleet_problem)
    if computer.keys_mode is not None and computer.keys_mode & 0o077:
        yield found("keys_readable", "keys", f"{computer.keys_file} has mode {computer.keys_mode:o}", file=computer.keys_file)
    elif computer.keys_problem:
        yield found("keys_broken", "keys", computer.keys_problem, file=computer.keys_file)


def _extras(facts: Facts) -> Iterator[Finding]:
    for extra, packages in facts.computer.extras.items():
        purpose = _PURPOSES.get(extra, f"shoal[{extra}]")
        yield found("extra_missing", _HERE, f"not installed: {', '.join(packages)}", purpose=purpose, extra=extra)


def _modem_manager(facts: Facts) -> Iterator[Finding]:
    boards = [device for device in facts.computer.usb if device.id.partition(":")[0] in _MICROPYTHON_VENDORS]
    if "ModemManager" in facts.computer.daemons and boards:
        seen = f"ModemManager runs, and {boards[0].name or boards[0].id} is plugged in"
        yield found("modem_manager", _HERE, seen, vid=boards[0].id.partition(":")[0])


def _without_port(facts: Facts) -> Iterator[Finding]:
    """Devices on USB that should be a board, and are none yet."""
    chips, drivers = limit("bootloader", "usb_ids"), limit("adapter_without_port", "usb_ids")
    for device in facts.computer.usb:
        where, told = f"USB {device.where}", f"{device.id} {device.name}".strip()
        if device.id in chips:
            yield found("bootloader", where, f"{told}: the bootloader of an {chips[device.id]}")
        elif device.id in drivers and not device.has_port:
            if "brltty" in facts.computer.daemons:
                yield found("brltty", where, f"{told} has no port, and brltty runs")
            else:
                yield found("adapter_without_port", where, f"{told} has no port", driver=drivers[device.id])


def _cable(facts: Facts) -> Iterator[Finding]:
    known = {*limit("bootloader", "usb_ids"), *limit("adapter_without_port", "usb_ids")}
    boards = [port for port in facts.ports if port.kind not in _NO_BOARDS]
    if facts.wants_usb and not boards and not any(device.id in known for device in facts.computer.usb):
        names = ", ".join(device.name or device.id for device in facts.computer.usb)
        yield found("no_port", "USB", f"no serial port of a board; on USB: {names or 'nothing'}")


RULES: tuple[Callable[[Facts], Iterator[Finding]], ...] = (
    _compiler,
    _virtual,
    _files,
    _extras,
    _without_port,
    _cable,
    _modem_manager,
)
