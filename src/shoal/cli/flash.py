"""`shoal flash`: what would be written to what, a question, and then all boards side by side."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from shoal import clock, spec
from shoal.cli.live import Line, Pane
from shoal.cli.screen import Screen, seconds
from shoal.errors import UsageError
from shoal.flash import firmware, look, plan
from shoal.flash.chips import ESP_IDS, chip
from shoal.flash.crew import Crew, Flashing, missing
from shoal.flash.plan import Step

_BAR = 24
_STYLES = {"waits": "dim", "runs": "", "done": "green", "failed": "bold red"}


def run(args: argparse.Namespace) -> int:
    """Plan, show, ask, write; 1 if a board failed, or was named and cannot be written to, or there is nothing to do at all."""
    files = firmware.read_all([Path(name) for name in args.firmware])
    people = Screen(error=True)
    with people.working() as say:
        say("looking for boards")
        targets = look.look(_words(args.on), _chip(args.chip))
    steps = plan.plan(targets, files, other_board=args.other_board, again=args.again)
    if not steps:
        people.say("shoal: no board is plugged in; `shoal doctor --on usb:` looks closer")
        return 1
    wanted = [step for step in steps if step.firmware]
    refused = [step for step in steps if step.refusal and not step.current]
    code = 1 if refused and (args.on is not None or len(refused) == len(steps)) else 0
    _show(steps, Screen(error=args.json))
    if args.dry_run or not wanted:
        if args.json:
            print(json.dumps({"plan": [step.to_dict() for step in steps]}, indent=2))
        elif not args.dry_run:
            people.say("shoal: nothing was written")
        return code
    if absent := missing(wanted):
        raise UsageError(f"{' and '.join(absent)} would write this, and is not installed: pip install 'shoal[flash]'")
    if not (args.yes or _agreed(len(wanted), people)):
        people.say("shoal: nothing was written")
        return 1
    flashings = _write(wanted, people, erase=args.erase)
    if args.json:
        results = [_result(one) for one in flashings]
        results += [{**step.to_dict(), "state": "current" if step.current else "refused"} for step in steps if step.refusal]
        print(json.dumps({"boards": results}, indent=2))
    failed = [one for one in flashings if one.state != "done"]
    people.say(f"{len(flashings) - len(failed)} of {len(flashings)} boards were written")
    return 1 if failed else code


def _words(on: str | None) -> tuple[str, ...]:
    """The words of a `usb:` spec, or of one without its scheme."""
    if on is None:
        return ()
    if on.startswith("usb:"):
        return spec.parse(on).targets
    if ":" in on.partition("/")[0]:
        raise UsageError(f"firmware goes through USB: --on usb:PORT or usb:NAME, not {on}")
    return tuple(filter(None, on.split(",")))


def _chip(named: str | None) -> str:
    if named is None:
        return ""
    known = chip(named)
    if not known or known != named.lower().replace("-", ""):
        raise UsageError(f"{named} is no chip that Shoal knows; known: rp2040, rp2350, esp8266, {', '.join(ESP_IDS.values())}")
    return known


def _show(steps: Sequence[Step], screen: Screen) -> None:
    rows = []
    for step in steps:
        what = f"{step.firmware.title} ({step.firmware.path.name})" if step.firmware else f"nothing: {step.refusal}"
        target = step.target
        rows.append([target.name or "-", target.where, target.chip or "?", target.now or "-", what, step.tool or "-"])
    headings = ("board", "where", "chip", "now", "gets", "by")
    screen.table(headings, rows, text=headings)


def _agreed(count: int, screen: Screen) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to be asked; --yes writes without a question, --dry-run only tells")
    screen.say(f"Write firmware to {count} board{'s' * (count != 1)}? What they run now stops. [y/N]")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _write(steps: Sequence[Step], screen: Screen, *, erase: bool) -> list[Flashing]:
    crew = Crew(steps, erase=erase)
    pane = Pane(lambda width, height: [*(_line(one, width) for one in crew.flashings), *_stopping(crew)])
    said: dict[int, str] = {}
    try:
        if pane.redraws:
            with pane.shown(whole=False):
                crew.run(lambda one: None)
        else:
            crew.run(lambda one: _changed(one, said, screen))
    finally:  # also after Ctrl-C: which boards have firmware now?
        for one in crew.flashings:
            _changed(one, said, screen)
    return crew.flashings


def _stopping(crew: Crew) -> list[Line]:
    text = "Ctrl-C: no other board is begun; those that have begun are finished. Once more ends them, without firmware."
    return [[(text, "yellow")]] if crew.stopping else []


def _changed(one: Flashing, said: dict[int, str], screen: Screen) -> None:
    """Where nothing can be redrawn: a line for each stage, not for each percent."""
    if said.get(id(one)) != (told := _told(one)):
        said[id(one)] = told
        screen.say(told)


def _told(one: Flashing) -> str:
    name = one.step.target.name or one.step.target.where
    if one.state == "done":
        return f"{name}: {one.text or 'firmware'} written, in {seconds(one.took)}"
    return f"{name}: {'FAILED: ' + one.text if one.state == 'failed' else one.stage or 'nothing was written'}"


def _line(one: Flashing, width: int) -> Line:
    name = one.step.target.name or one.step.target.where
    full = round(_BAR * (1.0 if one.state == "done" else one.part or 0.0))
    took = one.took or (clock.now() - one.began if one.began else 0.0)
    words = {"done": f"{one.text or 'firmware'} written", "failed": one.text}.get(one.state, one.stage or "waits")
    part = f"{one.part:4.0%} " if one.part is not None else ""
    return [
        (f"{name[-28:]:<28} ", "bold"),
        ("━" * full, "green"),
        ("━" * (_BAR - full), "bright_black"),
        (f" {took:5.1f} s ", "dim"),
        (f"{part}{words}"[: max(10, width - 64)], _STYLES[one.state]),
    ]


def _result(one: Flashing) -> dict[str, object]:
    return {**one.step.to_dict(), "state": one.state, "text": one.text, "seconds": round(one.took, 3)}
