"""Functions that the tests ship: CALLS of each module is a table of (function, *arguments)."""
