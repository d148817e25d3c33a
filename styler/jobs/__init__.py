"""What is to be done, to which pictures, and how it is carried out."""

from .estimate import Estimate, estimate
from .job import PAINTED, PIPE, Job, Task, plan
from .lost import lost
from .memory import size_of
from .need import Need
from .outcome import Outcome
from .output import Saving, check_output
from .recipe import Recipe
from .runner import Runner
from .state import STATES
from .watch import watch

__all__ = [
    "PAINTED",
    "PIPE",
    "STATES",
    "Estimate",
    "Job",
    "Need",
    "Outcome",
    "Recipe",
    "Runner",
    "Saving",
    "Task",
    "check_output",
    "estimate",
    "lost",
    "plan",
    "size_of",
    "watch",
]
