"""The script that a board on a breadboard starts with: puts the stand-ins in place, waits for power, runs the board's program.

Arguments: the folder of its flash, the folder of compiled files. The board sees them as / and /image.
"""

import builtins
import io
import os
import sys

import costs
import terminal
import vfs

import breadboard

flash, image = sys.argv[1:3]
vfs.umount("/")
vfs.mount(vfs.VfsPosix(flash), "/")
vfs.mount(vfs.VfsPosix(image), "/image")
sys.path[:] = ["/", "/lib", "/image"]
os.chdir("/")
sys.argv[:] = sys.argv[:1]
_print = builtins.print


def say(*args, file=None, **options):
    """`print` of a board: to its terminal, which the simulation keeps."""
    if file is not None and not isinstance(file, terminal.Stream):
        return _print(*args, file=file, **options)
    text = io.StringIO()
    _print(*args, file=text, **options)
    terminal.stand_in.stdout.write(text.getvalue())


def show(error, file=None):
    text = file or io.StringIO()
    _real.print_exception(error, text)
    if file is None:
        terminal.stand_in.stdout.write(text.getvalue())


_real = sys
terminal.stand_in.print_exception = show
builtins.print = say
sys.modules["sys"] = terminal.stand_in
sys.modules["micropython"] = terminal.Micropython()
facts = breadboard.begin()
terminal.stand_in.platform = facts["platform"]
costs.install()
try:
    __import__(facts["program"])
except SystemExit:
    pass
except BaseException as error:
    show(error)
breadboard.end()
