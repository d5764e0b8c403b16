"""What a MicroPython process runs first to be a board: sets up its hardware, then runs boot.py and main.py as firmware does.

Arguments: the folder that is its flash, its unique id in hex, bytes of flash, and "raw" if it starts by a soft reset in the raw
REPL: then main.py does not run.
"""

import sys

import hardware

hardware.become_board(sys.argv[1], sys.argv[2], int(sys.argv[3]))
sys.modules["micropython"].kbd_intr(3)
for _name in ("/boot.py",) if sys.argv[4:] == ["raw"] else ("/boot.py", "/main.py"):
    try:
        with open(_name) as _file:
            _text = _file.read()
    except OSError:
        continue
    try:
        exec(compile(_text, _name, "exec"), {"__name__": "__main__"})
    except Exception as error:
        sys.print_exception(error)
    except KeyboardInterrupt as error:
        sys.print_exception(error)
        break
