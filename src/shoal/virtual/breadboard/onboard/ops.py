"""The numbers of what a breadboard board asks of the simulation; both ends import this file, and no number is written elsewhere.

A message to the simulation: its length (u32, without itself), then operations, each with a head and a payload. Only the last
one is answered. An answer: a head, updates (each with a head and a payload), then data.
"""

HEAD = "<BBHIq"  # operation, a small number, a larger one, bytes of payload, the board's nanoseconds
HEAD_SIZE = 16
ANSWER = "<IIqqqiI"  # bytes that follow the head, updates, nanoseconds, nothing from outside before, levels, value, bytes of data
ANSWER_SIZE = 40
TYPED = 1 << 30  # added to the number of updates: something can be read from USB
UPDATE = "<BBHI"  # kind, number of what it is for, bytes of payload, place
UPDATE_SIZE = 8

# Noted: not answered, and carried out at their time.
PIN = 1  # a: GPIO, b: MODE and so on
PRINT = 2  # payload: text for the console
USB_OUT = 3
MEMORY = 4  # a: target; payload: all of its memory, as the board's program left it
TARGET = 5  # a: target, b: address or NOWHERE; payload: scl, sda, bytes of a place, then the memory
CONTROLLER = 6  # a: controller; payload: "<BBII" scl, sda, frequency, timeout in microseconds
DOG = 7  # payload: u32 microseconds until a reset
MARK = 8  # payload: text for the trace
WATCH = 9  # a: target; b: DID_WRITE | DID_READ of which the program wants to hear

# Asked: answered.
BORN = 32  # the first; answered when the board has its power; data: JSON
SYNC = 33  # answered at once, that is when nobody is behind
WAIT = 34  # b: what ends it early, payload: until when; value: which of these did
LEVELS = 35  # the levels of all pins
PULSE = 36  # a: GPIO, b: level; payload: until when; value: -2 never at the level, -1 it did not end, else 0, and the time
I2C = 37  # a: controller, b: address; payload: "<IB" bytes to read, whether to keep the bus, then bytes to write; value: -errno
USB_IN = 38  # payload: u32 at most so many; data: what is there, possibly nothing
RESET = 39
END = 40  # the program has ended
COST = 41  # a: 0 a measured piece of work begins, 1 it has ended; value: its nanoseconds
RANDOM = 42  # payload: u32 bytes
OTHER = 64  # and above: of parts of the simulation that registered for them

# What ends a WAIT early.
ON_EVENT = 1  # anything that would wake the processor
ON_USB = 2
ON_UART = 4

# Updates.
WRITTEN = 1  # a target's memory, by a controller; place: where
EDGE = 2  # a pin's interrupt; place: which edges
DONE = 3  # a controller has written to a target or read from it; place: DID_WRITE | DID_READ

DID_WRITE = 1
DID_READ = 2
NOWHERE = 0xFFFF

# A pin, as 16 bits.
IN = 0
OUT = 1
OPEN_DRAIN = 2
MODE = 3
PULL_UP = 4
PULL_DOWN = 8
HIGH = 16
FALLING = 32
RISING = 64
