"""What a control needs to hear of the run's events."""
from aftershock_worker.registry import EVENTS, EventHandlerRegistry

__all__ = ["EventHandlerRegistry", "RunEventHandler"]


class RunEventHandler:
    """One method an event, which does nothing until a subclass says what."""


def _does_nothing(name):
    def method(self, *values):
        return None

    method.__name__ = name
    method.__module__ = __name__
    return method


for _name in EVENTS:
    setattr(RunEventHandler, _name, _does_nothing(_name))
