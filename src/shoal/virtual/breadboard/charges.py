"""What calls into `machine` and `time` cost a board, nanoseconds: the ONE table, with the source of each figure.

Everything else that a board's Python does costs nothing of virtual time, but what a wiring's [cost] declares or what is measured.
"""

CHARGES_NS = {
    "i2c_call": 100_000,  # catalogue links.toml i2c.cost.t_call_us: 100, range 50 to 200 (estimated)
    "pin_write": 4_100,  # writing a pin out of a loop over a block's bits, with what Python does between two (measured on an
    # emulated RP2040 at 125 MHz, MicroPython 1.28; the bare call `pin(1)` takes 2.2 to 2.9 us)
    "pin_read": 4_600,  # reading it, likewise (the bare call `pin()`: 1.55 us)
    "ticks": 1_600,  # a C function without arguments, like the one before (estimated)
    "usb_read_byte": 8_000,  # 122 KB/s into a 64 KiB readinto, 8 us a byte (measured on an emulated RP2040)
    "usb_write_byte": 1_669,  # catalogue links.usb.to_host_bytes_s: 599,040 bytes/s (measured, Pico 2)
    "spi_call": 5_000,  # `spi.write(buf)` without the bytes' own time (measured on an emulated RP2040; 6.6 us with reading)
    "uart_call": 10_000,  # like an SPI call, and its buffers (estimated)
    "import": 3_000_000,  # a native module of 583 bytes from a RAM file system (measured on an emulated RP2040)
    # The next two: the real image on an emulated RP2040, 16 boards, without the wire's time (tests/emulated/bus_probe.py).
    "agent_lump": 2_481_000,  # `Agent.run` beside the calls of a lump: mean over lumps of 4.9 calls (measured)
    "bus_turn": 2_225_000,  # `Bus.turn`, and what a job's cluster does with an answer, as in every fourth turn: mean (measured);
    # turns that find nothing to do are charged as much, so this is rather too slow than too fast
}
BOOT_NS = 150_000_000
"""From power to the first line of the board's program: the boot ROM, MicroPython and its file system (estimated)."""
STRETCH_NS = 5_000
"""Clock stretching a byte by an I2CTarget with memory (catalogue: i2c.cost.t_stretch_us_per_byte, estimated)."""
HIDDEN = 0.25
"""The part of a byte's time in which the target's interrupt is served without holding the clock. Fitted to the same entry: about
a third of a byte remains at 1 MHz, and nothing at 400 kHz."""
