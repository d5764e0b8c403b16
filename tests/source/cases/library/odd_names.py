# ruff: noqa
"""Names that `cases.odd` imports with a star."""

KONST = {"k": (1, 2)}
counter = 5
def f(x): return x * counter
def const(x): return x + 1
class Base:
    tag = "base"
    def who(self): return self.tag + str(f(1))
class Err(Exception): pass
