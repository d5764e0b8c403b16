"""Boards on a bus, reached through the gateway of its controller: `bus:` for real ones, `breadboard:` for wired virtual ones.

driver --socket pair a board--> pump --one link--> controller --bus--> boards
"""
