"""Tests here may import the helpers of the scripts in `both`."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).with_name("both")))
