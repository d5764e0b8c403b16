"""An account with its timeline, for people and for trace viewers: an HTML page, and a trace that can be read back. Pure: text in
and out, no files.
"""

from shoal.report.page import html
from shoal.report.trace import Saved, read, trace

__all__ = ["Saved", "html", "read", "trace"]
