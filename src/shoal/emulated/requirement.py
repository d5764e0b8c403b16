"""The emulator that is needed, and the refusal where it is missing or another one. Does not import it."""

import sys
from importlib import metadata

from shoal.errors import UsageError

PACKAGE = "rp2040py"
VERSION = "0.3.6"  # `corrections` reaches into its inside, which the next version may have changed


def check() -> None:
    """Raises UsageError unless emulated boards can run here."""
    if sys.platform == "win32":
        raise UsageError("emulated boards need pseudo-terminals, which Windows lacks; use Linux, macOS or WSL")
    try:
        found = metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        raise UsageError("emulated boards need the emulator, which is not installed: pip install 'shoal[emulator]'") from None
    if found != VERSION:
        raise UsageError(
            f"emulated boards need {PACKAGE} {VERSION}, and {found} is installed, for which Shoal's corrections are not made: "
            f"pip install '{PACKAGE}=={VERSION}'"
        )
