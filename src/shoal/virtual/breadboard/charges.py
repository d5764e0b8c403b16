"""What time passes for a breadboard's boards: the table of `shoal.charges`, which a prediction counts with as well."""

from shoal.charges import BOOT_NS, CHARGES_NS, HIDDEN, STRETCH_NS

__all__ = ["BOOT_NS", "CHARGES_NS", "HIDDEN", "STRETCH_NS"]
