"""What a board's UARTs ask of the simulation; both ends import this file. `a` is always the number of the UART."""

OPEN = 96  # noted; payload: OPEN_FORM
SEND = 97  # noted; payload: the bytes
READ = 98  # asked; payload: READ_FORM; data: the bytes
ANY = 99  # asked; value: how many bytes could be read at once

OPEN_FORM = "<BBIH"  # tx, rx, baud, bytes of the receive buffer
READ_FORM = "<Iqq"  # at most so many bytes, nanoseconds for the first, and between two
