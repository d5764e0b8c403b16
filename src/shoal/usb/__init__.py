"""Boards on USB: found by their USB id, talked to through MicroPython's raw REPL, given the agent in RAM or in flash, and run."""
