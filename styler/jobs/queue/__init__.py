"""Jobs that outlive the process that ordered them: kept in a database, leased by workers."""

from .held import contents, held, identify
from .leases import Lease, LeaseLostError, Leases
from .queue import Queue
from .status import STATES, Entry, Event, State, Status

__all__ = [
    "STATES",
    "Entry",
    "Event",
    "Lease",
    "LeaseLostError",
    "Leases",
    "Queue",
    "State",
    "Status",
    "contents",
    "held",
    "identify",
]
