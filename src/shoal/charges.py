"""What calls into `machine` and `time` cost a board, and what a bus's lines are made of: the ONE table, with the source of each.

The breadboard lets these times pass, and a prediction counts with them. Everything else that a board's Python does costs nothing
of virtual time, but what a wiring's [cost] declares or what is measured.
"""

import math

CHARGES_NS = {
    "i2c_call": 100_000,  # catalogue: wires.i2c_cost.t_call_us: 100, range 50 to 200 (estimated)
    "pin_write": 4_100,  # writing a pin out of a loop over a block's bits, with what Python does between two (measured on an
    # emulated RP2040 at 125 MHz, MicroPython 1.28; the bare call `pin(1)` takes 2.2 to 2.9 us)
    "pin_read": 4_600,  # reading it, likewise (the bare call `pin()`: 1.55 us)
    "ticks": 1_600,  # a C function without arguments, like the one before (estimated)
    "usb_read_byte": 8_000,  # 122 KB/s into a 64 KiB readinto, 8 us a byte (measured on an emulated RP2040)
    "usb_write_byte": 1_669,  # catalogue: links.usb.to_host_bytes_s: 599,040 bytes/s (measured, Pico 2)
    "spi_call": 5_000,  # `spi.write(buf)` without the bytes' own time (measured on an emulated RP2040; 6.6 us with reading)
    "uart_call": 10_000,  # like an SPI call, and its buffers (estimated)
    "import": 3_000_000,  # a native module of 583 bytes from a RAM file system (measured on an emulated RP2040)
    # The next four: the Python of `shoal_board.ports.remote` for a whole block at both ends of a UART or of GPIO lines, and for
    # each byte of a CRC (measured on an emulated RP2040 at 125 MHz, MicroPython 1.28).
    "served_asks": 353_000,
    "served_hears": 110_000,  # what is asked for,
    "served_answers": 110_000,  # and answers
    "served_crc_byte": 184,
    # The next two: the real image on an emulated RP2040, 16 boards, without the wire's time (tests/emulated/bus_probe.py).
    "agent_lump": 2_481_000,  # `Agent.run` beside the calls of a lump: mean over lumps of 4.9 calls (measured)
    "bus_turn": 2_225_000,  # `Bus.turn`, and what a job's cluster does with an answer, as in every fourth turn: mean (measured);
    # turns that find nothing to do are charged as much, so this is rather too slow than too fast
}
BOOT_NS = 150_000_000
"""From power to the first line of the board's program: the boot ROM, MicroPython and its file system (estimated)."""
STRETCH_NS = 5_000
"""Clock stretching a byte by an I2CTarget with memory (catalogue: wires.i2c_cost.t_stretch_us_per_byte, estimated)."""
HIDDEN = 0.25
"""The part of a byte's time in which the target's interrupt is served without holding the clock. Fitted to the same entry: about
a third of a byte remains at 1 MHz, and nothing at 400 kHz."""

INTERNAL_OHM = 60_000.0
"""A pin's own pull-up or pull-down on the RP2040: 50 to 80 kOhm (catalogue: wires.i2c_pullups.rp2040_internal_ohm, recalled)."""
PIN_PF = 10.0
"""Most that a pin adds to a net (catalogue: wires.i2c_bus.pin_capacitance_pf, documented)."""
WIRE_PF_M = 75.0
"""A metre of wire, 50 to 100 (catalogue: wires.i2c_bus.wire_capacitance_pf_per_m, estimated)."""
SUPPLY_V, HIGH_V = 3.3, 2.0
"""From 2.0 V on an RP2040 reads a high level (recalled from its datasheet, VIH at 3.3 V)."""
RISE = -math.log(1 - HIGH_V / SUPPLY_V)
"""Time constants of resistors and capacitance until a line that is let go of reads high."""


def rise_s(pullup_ohm: float, length_m: float, pins: int) -> float:
    """Seconds until a bus's line is high: by its resistors and the pull-ups of its pins, all of which add capacitance."""
    siemens = 1 / pullup_ohm + pins / INTERNAL_OHM
    return RISE / siemens * (PIN_PF * pins + WIRE_PF_M * length_m) * 1e-12
