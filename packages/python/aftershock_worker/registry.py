"""The registry that controls put run event handlers on."""
import logging

EVENTS = (
    "started", "running", "finish", "interrupted", "signal_exit",
    "start_continuous_hypothesis", "continuous_hypothesis_iteration", "continuous_hypothesis_completed",
    "start_hypothesis_before", "hypothesis_before_completed", "start_hypothesis_after",
    "hypothesis_after_completed", "start_method", "method_completed", "start_rollbacks",
    "rollbacks_completed", "start_cooldown", "cooldown_completed", "start_activity", "activity_completed",
)


class EventHandlerRegistry:
    """Has `handlers`, `register` and one method an event, as the reference's has."""

    def __init__(self, on_change=lambda names: None):
        self.handlers = []
        self._on_change = on_change

    def register(self, handler):
        self.handlers.append(handler)
        self._on_change(sorted({name for one in self.handlers for name in heard_by(one)}))

    def dispatch(self, name, values):
        for handler in list(self.handlers):
            try:
                getattr(handler, name)(*values)
            except Exception:
                logging.getLogger("chaostoolkit").debug(
                    "Handler %s failed", type(handler).__name__, exc_info=True
                )


def heard_by(handler):
    """The events that a handler does more with than its base class, which does nothing."""
    for name in EVENTS:
        method = getattr(handler, name, None)
        if callable(method) and getattr(method, "__module__", "") != "chaoslib.run":
            yield name


def event_method(name):
    def method(self, *values):
        self.dispatch(name, values)

    method.__name__ = name
    return method


for _name in EVENTS:
    setattr(EventHandlerRegistry, _name, event_method(_name))
