"""Demonstrations on a breadboard or on real boards: what their boards run, and what must lie on their controller's flash."""
