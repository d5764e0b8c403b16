"""One file per subject: each knows the calls of one library and nothing of stopwatches.

Each has a function `create()` that returns a `shoal.bench.loader.Adapter`.
"""
