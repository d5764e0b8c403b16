"""Prints the settings that a board finds in the file of its argument. `network` is made here: a process has no Wi-Fi."""

import json
import sys


class WLAN:
    """As much of a board's as `shoal_board.wifi` asks for."""


sys.modules["network"] = WLAN

from shoal_board import wifi  # noqa: E402

print(json.dumps(wifi.settings(sys.argv[1])))
