"""The numbers of what `machine.SPI` asks of the simulation; both ends import this file. Both have a: miso, b: sck | mosi << 8."""

SHIFT = 80  # noted; payload: the bytes
EXCHANGE = 81  # asked; payload: the bytes; data: those that came in
