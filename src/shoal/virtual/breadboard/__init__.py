"""The breadboard: wires between the pins of virtual boards, simulated in virtual time."""
