"""Tests here may import the helpers beside them, and those of the scripts in `board/both`."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path += [str(HERE), str(HERE.parent / "board" / "both")]
