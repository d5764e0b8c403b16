"""Every exception Shoal raises on purpose. One root; four branches: use, link, protocol, remote.

Each message says what happened, on which board where there is one, and what to do about it.
An exception that is not in this file and not the user's own is a bug in Shoal.
"""

from concurrent.futures import BrokenExecutor


class ShoalError(Exception):
    """Root of all errors raised by Shoal."""


# --- use: the caller asked for something that cannot be ---------------------------------------


class UsageError(ShoalError, ValueError):
    """The request is wrong and was refused before anything was sent."""


class SpecError(UsageError):
    """A cluster spec has an unknown scheme, board or option; the message lists the known ones."""


class FunctionError(UsageError):
    """A function cannot run on a board; the message names file and line."""


class ValueTravelError(UsageError, TypeError):
    """A value cannot travel to a board; the message names its path inside the arguments."""


# --- link: bytes do not get through ----------------------------------------------------------


class LinkError(ShoalError, OSError):
    """A link could not be opened, or closed under us."""


# --- protocol: the bytes arrive and make no sense --------------------------------------------


class ProtocolError(ShoalError):
    """The other end broke the wire protocol."""


class VersionError(ProtocolError):
    """The other end speaks another protocol version."""


# --- remote: something happened on a board ---------------------------------------------------


class RemoteError(ShoalError):
    """Something went wrong on a board."""


class RemoteTraceback(RemoteError):
    """The board's traceback, in host files and lines: the `__cause__` of an exception raised on a board."""


class BoardError(RemoteError):
    """An exception of a type that this computer does not know was raised on a board."""


class BrokenBoardError(RemoteError, BrokenExecutor):
    """A call took its boards down with it, too often to try again."""


class BrokenClusterError(RemoteError, BrokenExecutor):
    """No board is left; the message says how each one ended."""


class TaskTimeoutError(RemoteError, TimeoutError):
    """A call exceeded the `timeout` of its task; its board was restarted."""
