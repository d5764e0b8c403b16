"""Gives a board that runs CPython the module `micropython`: the stand-in of `shoal`, loaded without the package around it."""

import importlib.util
import pathlib
import sys

spec = importlib.util.spec_from_file_location("micropython", pathlib.Path(__file__).resolve().parents[2] / "micropython.py")
sys.modules["micropython"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
