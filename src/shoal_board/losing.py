"""Part of the scheduler of a standalone cluster: boards that are lost, lumps that cannot be sent, works that are withdrawn."""

from .scheduler import Lump
from .wire import const

_LOSSES = const(4)  # boards that may be lost while they run a lump
_APART = const(2)  # and from so many on its calls travel alone, so that the harmless ones get answers


def leave(scheduler, line):
    """A board is lost. Gives the lumps that nobody has any more."""
    scheduler.boards.remove(line)
    lost = []
    for place, number in enumerate(line.lumps):
        lump = scheduler.lumps[number]
        _take(lump, line)
        if not place:
            lump.losses += 1
        if not lump.boards:
            del scheduler.lumps[number]
            lost.append(lump)
    line.lumps = []
    for lump in reversed(lost):
        _repeat(scheduler, lump)
    return lost


def _take(lump, line):
    """A board has a lump no more."""
    lump.boards = tuple([other for other in lump.boards if other is not line])


def _repeat(scheduler, lump):
    if lump.losses > _LOSSES:
        error = OSError("%d boards were lost while they ran this call" % lump.losses)
        for place in range(len(lump.calls)):
            scheduler.deliver(lump.work, lump.first + place, None, error)
    elif lump.losses >= _APART and len(lump.calls) > 1:
        _divide(scheduler, lump)
    else:
        scheduler.again.insert(0, lump)


def _divide(scheduler, lump):
    for place in range(len(lump.calls) - 1, -1, -1):
        scheduler.again.insert(0, Lump(lump.work, lump.first + place, lump.calls[place : place + 1], lump.losses))


def refuse(scheduler, line, number, error):
    """A lump that `next` gave cannot be sent. Its calls go one by one, and the one that is to blame ends in the error."""
    lump = scheduler.lumps[number]
    scheduler.strike(line, number)
    _take(lump, line)
    if not lump.boards:
        del scheduler.lumps[number]
        if len(lump.calls) > 1:
            _divide(scheduler, lump)
        else:
            scheduler.deliver(lump.work, lump.first, None, error)


def cancel(scheduler, work):
    """Forget a work. Gives (line, number) for each lump that a board still has."""
    if work in scheduler.works:
        scheduler.works.remove(work)
    work.more = False
    work.open = 0
    work.withdrawn = True
    scheduler.again = [lump for lump in scheduler.again if lump.work is not work]
    had = []
    for line in scheduler.boards:
        for number in list(line.lumps):
            if scheduler.lumps[number].work is work:
                had.append((line, number))
    for line, number in had:
        scheduler.strike(line, number)
        scheduler.lumps.pop(number, None)
    return had
