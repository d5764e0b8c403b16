"""Virtual boards: real MicroPython processes on this computer, with the heap of the board they stand for."""
