"""Jobs that outlive the process that ordered them: kept in a database, leased by workers."""

from .held import contents, held, identify
from .leases import Lease, LeaseLostError, Leases
from .queue import Queue
from .status import Entry, Event, Status

__all__ = [
    "Entry",
    "Event",
    "Lease",
    "LeaseLostError",
    "Leases",
    "Queue",
    "Status",
    "contents",
    "held",
    "identify",
]
