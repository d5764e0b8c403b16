"""What a board on a breadboard runs unless it is told otherwise: the program that a real board of a bus starts with.

What the agent's own Python takes on a real board is charged here, because on the breadboard Python costs nothing by itself.
"""

import json

import costs

from shoal_board import agent, bus, start_bus

agent.Agent.around = staticmethod(costs.around)
with open("/shoal_bus.json") as file:
    settings = json.load(file)
costs.charged(agent.Agent, "run", "agent_lump")
costs.charged(bus.Bus, "turn", "bus_turn")
start_bus.serve(settings)
