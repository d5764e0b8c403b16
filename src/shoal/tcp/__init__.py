"""Boards on a network: which are meant, how they are found and reached, and what is written to them when they are adopted."""
