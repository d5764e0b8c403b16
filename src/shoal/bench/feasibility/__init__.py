"""The feasibility study: which jobs a cluster of small boards does faster than one of them, over which link, and against what.

`python -m shoal.bench.feasibility` samples seven jobs on one paced board, predicts each on 1 to 16 boards over each link, and
writes the tables and plots of docs/feasibility.md. What is measured, and what is computed from whose figures, stands beside each.
"""
