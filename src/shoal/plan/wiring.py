"""Whether everything can be plugged in: Ethernet ports and cables, USB ports and their current, a bus, radio, supplies."""

import heapq
from collections import Counter

from shoal import catalog
from shoal.plan.figure import Figure, cited, known, made, total
from shoal.plan.model import COMPUTER, MICROCONTROLLER, BoardRow, Finding, HubRow, Plan
from shoal.plan.poe import own_watts

USB_VOLTS = 5.0
BUSES = ("i2c", "uart", "gpio")
_MOST_ON_BUS = "wires.i2c_limits.by_capacitance_practical"  # and Shoal addresses no more on the other wires
_HOST_PORTS = 4  # what a computer usually has


def check(plan: Plan) -> list[Finding]:
    """Ports, currents and wires."""
    return [*_links(plan), *_ethernet(plan), *_usb(plan), *_supplies(plan), *_bus(plan)]


def _links(plan: Plan) -> list[Finding]:
    """Links that these boards do not have."""
    found = []
    for row in plan.boards:
        entry = catalog.entries(row.table)[row.key]
        if "micropython" in entry and not entry["micropython"]["value"]:
            words = f"{row.name} cannot run MicroPython, and so no task: {entry['micropython']['cond']}"
            found.append(Finding("error", words, (cited(f"{row.path}.micropython"),)))
        if row.link == "ethernet":
            speed = f"{row.path}.ethernet_mbps"
            if row.table == MICROCONTROLLER:
                found.append(Finding("error", f'{row.name} has no Ethernet; use link = "usb", "wifi" or a bus'))
            elif "ethernet_mbps" in entry and not entry["ethernet_mbps"]["value"]:
                found.append(Finding("error", f'{row.name} has no Ethernet; use link = "wifi"', (known(speed),)))
        if row.link == "wifi" and "wifi" in entry and not entry["wifi"]["value"]:
            found.append(Finding("error", f"{row.name} has no radio", (cited(f"{row.path}.wifi"),)))
        if row.link in BUSES and row.table == COMPUTER:
            found.append(Finding("error", f'{row.name} cannot be on a bus of Shoal; use link = "ethernet" or "wifi"'))
    return found


def _ethernet(plan: Plan) -> list[Finding]:
    wanted = sum(row.count for row in plan.boards if row.link == "ethernet" and row.table == COMPUTER)
    if not wanted:
        return []
    have = sum(row.count * row.ports for row in plan.switches)
    if not have:
        severity = "error" if wanted > 1 else "note"
        return [Finding(severity, f"{wanted} boards want Ethernet, and the plan has no switch")]
    between = sum(row.count for row in plan.switches) - 1  # a cable between two switches takes a port of each
    others = plan.uplink + 2 * between
    used = f"{wanted} board{'s' * (wanted > 1)} and {others} other{'s' * (others != 1)}, of {have}"
    found = [Finding("error" if wanted + others > have else "ok", f"Ethernet ports: {used}")]
    cables = sum(row.count * row.cables for row in plan.parts)
    needed = wanted + plan.uplink + between
    if cables:
        found.append(Finding("error" if needed > cables else "ok", f"network cables: {needed} needed, {cables} in the plan"))
    else:
        found.append(Finding("note", f"{needed} network cables are needed, and no part of the plan has any (cables = ...)"))
    return found


def most_amperes(row: BoardRow) -> Figure:
    """The most that one board takes from USB."""
    path = f"{row.path}.power_max_w"
    watts = known(path) if row.table == MICROCONTROLLER else own_watts(row)[1]
    return made(watts.value / USB_VOLTS, "A", (watts,))


def _usb(plan: Plan) -> list[Finding]:
    """Ports of hubs and their current; boards are dealt out to hubs in turns, the hungriest first."""
    rows = [row for row in plan.boards if row.power == "usb"]
    each = sorted((most_amperes(row) for row in rows for _ in range(row.count)), key=lambda figure: -figure.value)
    hubs = [row for row in plan.hubs for _ in range(row.count)]
    if not each:
        return [Finding("note", "no board is on a USB hub of the plan")] if hubs else []
    if not hubs:
        return _at_computer(each)
    ports = sum(row.ports for row in hubs)
    found = [Finding("error" if len(each) > ports else "ok", f"USB ports: {len(each)} boards, {ports} on hubs")]
    dealt = [(hub, tuple(share)) for hub, share in zip(hubs, _dealt(each, [hub.ports for hub in hubs]), strict=True) if share]
    for (hub, share), number in Counter(dealt).items():
        found += _on_hub(hub.name if number == 1 else f"{hub.name}, each of {number}", hub, share)
    return found


def _at_computer(each: list[Figure]) -> list[Finding]:
    severity = "note" if len(each) <= _HOST_PORTS else "warning"
    port = known("hubs.computer_port.port_a")
    words = f"{len(each)} boards need {len(each)} USB ports of a computer, and the plan has no hub"
    current = f"a USB port gives {port.value:g} A, a board takes up to {each[0].value:.2f} A"
    return [Finding(severity, words), Finding("error" if each[0].value > port.value else "ok", current, (each[0], port))]


def _on_hub(name: str, hub: HubRow, share: tuple[Figure, ...]) -> list[Finding]:
    """The current of all boards on a hub, and of the hungriest at its port."""
    current, most = total(share, "A"), share[0]
    all_of_it = f"{name}: {len(share)} boards take at most {current.value:.2f} A, of {hub.total_a.value:g} A"
    at_port = f"{name}: one board takes at most {most.value:.2f} A, a port gives {hub.port_a.value:g} A"
    return [
        Finding("error" if current.value > hub.total_a.value else "ok", all_of_it, (current, hub.total_a)),
        Finding("error" if most.value > hub.port_a.value else "ok", at_port, (most, hub.port_a)),
    ]


def _dealt(each: list[Figure], ports: list[int]) -> list[list[Figure]]:
    """Boards dealt out to hubs in turns while these have ports."""
    shares: list[list[Figure]] = [[] for _ in ports]
    free = [(0, number) for number in range(len(ports)) if ports[number]]  # fewest boards first
    for figure in each[: sum(ports)]:
        count, number = heapq.heappop(free)
        shares[number].append(figure)
        if count + 1 < ports[number]:
            heapq.heappush(free, (count + 1, number))
    return shares


def _supplies(plan: Plan) -> list[Finding]:
    wanted = sum(row.count for row in plan.boards if row.power == "supply")
    have = sum(row.count * row.supplies for row in plan.parts)
    if not wanted:
        return []
    if wanted > have:
        words = f"{wanted} boards need a supply of their own, the plan has {have} (supplies = ...): not in the total"
        return [Finding("warning", words)]
    return [Finding("ok", f"supplies: {wanted} needed, {have} in the plan")]


def _bus(plan: Plan) -> list[Finding]:
    """A controller and its processors; on I2C only the controller need not be able to be a target."""
    found = []
    for link in BUSES:
        rows = [row for row in plan.boards if row.link == link and row.table == MICROCONTROLLER]
        count, most = sum(row.count for row in rows), known(_MOST_ON_BUS)
        if not count:
            continue
        if count == 1:
            found.append(Finding("error", f"one board is no {link} bus: it needs a controller and at least one processor"))
            continue
        words = f"{link} bus: a controller and {count - 1} processor{'s' * (count > 2)}, of at most {most.value:g}"
        found.append(Finding("error" if count - 1 > most.value else "ok", words, (most,)))
        if link == "i2c":
            found += _targets(rows)
    return found


def _targets(rows: list[BoardRow]) -> list[Finding]:
    entries = catalog.entries(MICROCONTROLLER)
    others = [row for row in rows if not entries[row.key]["i2c_target"]["value"]]
    if sum(row.count for row in others) <= 1:
        return []
    why = entries[others[0].key]["i2c_target"]["cond"]
    words = f"{others[0].name} cannot be a processor on an I2C bus, at most its controller: {why}"
    return [Finding("error", words, (cited(f"{others[0].path}.i2c_target"),))]
