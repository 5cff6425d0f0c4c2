"""From configuration to a working flow: the only room that names concrete classes."""

from profilegen.wiring.house import House, open_house
from profilegen.wiring.machine import LARGEST_FILE, SystemClock, read_file

__all__ = ["LARGEST_FILE", "House", "SystemClock", "open_house", "read_file"]
