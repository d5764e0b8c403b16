"""`shoal doctor`: why does it not work? Facts are gathered with I/O, rules turn them into findings without any.

`facts` says what can be known, `computer`, `ports` and `cluster` find it out, `rules` draws the conclusions, and
`faults.toml` of the catalogue has the words. `examine` does all of it.
"""

from shoal.doctor.examine import Report, examine
from shoal.doctor.facts import ClusterFacts, Computer, Facts, Member, Port, UsbDevice
from shoal.doctor.findings import Finding
from shoal.doctor.rules import diagnose

__all__ = ["ClusterFacts", "Computer", "Facts", "Finding", "Member", "Port", "Report", "UsbDevice", "diagnose", "examine"]
