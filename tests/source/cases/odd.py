def first(x): return second(x) + 1
def second(x): return x * 2
from shoal import micropython; K = 3
from cases.library.odd_names import *
import cases.library.odd_names as al
import os.path, math as m
from math import *
# ruff: noqa
# Odd but legal ways to write things. The first line is a definition on purpose: nothing fits above it.
from shoal.task import task
größe: int = 7
ä, b_ = 1, "two"
@task(
    timeout=3,
    native=True,
)
def multi(a,  # note: int
          größe: "x -> y" = K * 2,  # -> z
          *, c: dict[str, int] = {},
) -> "a -> b":  # type: what
    x: list[int] = [größe, a]
    x[0:1]: int = [5]
    é: int = c.get("q", 1); z = é
    return x, z, ä, b_

def tabs(x):
	if x:
		def inner(y):
			return y + x
		return inner(3)
	return 0

def aliased(x): return x
also = aliased
def use_alias(x): return also(x) + const(x) + f(x)
def outer():
    import math
    op = max
    lib_f = f
    K2 = Local
    def inner(x): return math.sqrt(x), op(1, x), lib_f(x), K2().who()
    return inner
class Local(al.Base):
    tag = b_ + "local"
    made = aliased(4)
    size: int
    def __init__(self, n: int = K) -> None:
        self.n: int = n
inner = outer()
def obj(x):
    return Local().who(), Local.made, Local(x).n, al.Base().who(), al.KONST["k"], counter
def star(x): return floor(x) + m.ceil(x) + round(pi)
def dflt(x, op=aliased, t=len): return op(x) + t([1])
def max(a, b): return a + b
def shadow(x): return max(x, 1)
def sets():
    global NEWLY
    NEWLY = 4
    return reads()
def reads(): return NEWLY
def wrap(fn):
    def go(*a, **k): return fn(*a, **k)
    return go
def inner_deco(x):
    @wrap
    def g(y): return y + 1
    return g(x)
def raises(x):
    try:
        raise Err(x)
    except (Err, ValueError) as e:
        return e.args
def fs(x):
    return f"{x:>{K}}|{'a' + str(x)!r}|{[i for i in range(K)]}|{max(1, 2)}"
def strcont(x):
    return ("a"
"b"
  'c') + str(x) + \
"d"
def chained():
    def a(x):
        def b(y):
            return y + x + K
        return b
    return a
b10 = chained()(10)
def useb(x): return b10(x)
compose = lambda *fs: (lambda x: [f(x) for f in fs])
both = compose
comp = (lambda f, g: lambda x: f(g(x)))(aliased, const)
def usecomp(x): return comp(x)
def tern(x): return (lambda q: q if q else K)(x)
class Node:
    def __init__(self, v, nxt=None): self.v = v; self.nxt = nxt
    def total(self): return self.v + (self.nxt.total() if self.nxt else 0)
    @classmethod
    def chain(cls, n): return cls(n, cls.chain(n - 1) if n else None)
    @staticmethod
    def k(): return K
def nodes(n): return Node.chain(n).total() + Node.k()
import time
def when(): return time.time() > 3
def doc(x):
    """\
def not_a_function(): pass
@micropython.native
"""
    return x
if True:
    try:
        def intry(x):
            """multi
line"""
            return x
    finally:
        pass
def callintry(x): return intry(x)
def kwonly(*, a, b: int = 3): return a - b
def varargs(*args: int, **kw: str): return len(args), len(kw)
def slices(x): return x[1:3], x[:-1], x[::1][::-1]
CALLS = [
    (first, 3), (multi, 4), (tabs, 2), (use_alias, 3), (inner, 16), (obj, 5), (star, 2.5), (dflt, 4),
    (shadow, 3), (sets,), (inner_deco, 2), (raises, 3), (fs, 4), (strcont, 4), (useb, 4), (b10, 3), (usecomp, 4),
    (comp, 2), (tern, 0), (nodes, 4), (when,), (doc, 3), (callintry, 3), (varargs, 1, 2), (slices, [1, 2, 3, 4]),
]
