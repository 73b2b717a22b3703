"""From an optimum to the one beside it."""

from dataclasses import dataclass

from analytics.optimization.core.polishing import Binding, polished
from analytics.optimization.core.programme import NoPoint, Point, Programme, scale_of
from analytics.optimization.sample import Floats


@dataclass(frozen=True, slots=True)
class Beside:
    """A solver for a programme beside one whose optimum is known: what bound there mostly binds here."""

    known: Floats

    def __call__(self, programme: Programme) -> Point:
        """Return the optimum, if what binds is nearly the same."""
        binding = Binding.at(programme.within, self.known)
        found = polished(programme, self.known, binding, scale_of(programme))
        if found is None:
            raise NoPoint("active set: not beside the optimum that was known")
        return Point(values=found, solver="active set")
