"""`shoal blink`: shows which board is which."""

import argparse

from shoal.cli.screen import Screen
from shoal.usb.visit import blink, visit


def run(args: argparse.Namespace) -> int:
    """Blink; 1 if one of the boards could not."""
    people = Screen(error=True)
    with people.waiting("blinking"), visit(tuple(args.boards)) as boards:
        done = boards.each(lambda host: blink(host, args.seconds))
    for one in done:
        where = f"{one.host.slot.name} ({one.host.port})"
        if one.error:
            people.say(f"shoal: {one.error}")
        elif not one.told:
            people.say(f"shoal: {where} has no light that MicroPython knows by name; its unique id is {one.host.found.unique_id}")
        else:
            Screen().say(f"{where} blinked")
    return 0 if all(one.told for one in done) else 1
