"""The shortest program a user would write with each library: start the workers, get one result, use them all.

Each is run as a script, never imported, and imports nothing of the benchmark: what the parent measures
from outside is the library alone. Its argument is the number of workers (Shoal: the spec). It prints "first"
with the first result, which stops the parent's watch; then "ready" with the sum of a thousand more, which
have kept all workers busy; then it waits for its input to end, while the parent reads the memory in use.
"""
