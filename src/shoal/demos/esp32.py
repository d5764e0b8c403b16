"""What lies on the flash of the ESP32 cluster's boards: the LED proof for all, the job for the controller."""

from shoal.demos import files
from shoal.demos.tiles import plain_tile

PROGRAM = "esp32_boot"
"""What a board of the breadboard runs: the LED proof, then what every board of a bus runs."""
_BOOT = "import esp32_leds\n\nesp32_leds.begin()\nimport bus_boot\n"


def flash(controller: str, arch: str | None, version: tuple[int, int] = (6, 3)) -> dict[str, bytes]:
    """File name -> content, as `Simulation` takes it; "BOARD:NAME" is for one board.

    `controller`: that board's name; `arch`, `version`: of the machine code that its boards load (None: bytecode only).
    """
    leds = files.compiled({"esp32_leds": files.ONBOARD / "esp32_leds.py"}, arch, version)
    job = files.compiled({"esp32_job": files.ONBOARD / "esp32_job.py"}, arch, version)
    travels = files.packed((plain_tile,), arch, version)
    mine = {"job.py": b"from esp32_job import main\n", **{f"{name}.mpy": code for name, code in {**job, **travels}.items()}}
    return {
        f"{PROGRAM}.py": _BOOT.encode(),
        **{f"{name}.mpy": code for name, code in leds.items()},
        **{f"{controller}:{name}": content for name, content in mine.items()},
    }
