"""Controls around an activity that an extension runs by itself."""
import copy
import importlib
import inspect
import logging
from contextlib import contextmanager

from chaoslib import substitute
from chaoslib.exceptions import InterruptExecution

__all__ = ["Control", "controls"]
logger = logging.getLogger("chaostoolkit")


class Control:
    def __init__(self):
        self.state = None

    def with_state(self, state):
        self.state = state


@contextmanager
def controls(level, experiment, context, configuration=None, secrets=None):
    """Calls the before hooks, yields a Control that is told the state, calls the after hooks."""
    control = Control()
    _apply("before", level, experiment, context, control, configuration, secrets)
    try:
        yield control
    finally:
        _apply("after", level, experiment, context, control, configuration, secrets)


def _apply(moment, level, experiment, context, control, configuration, secrets):
    top = [one for one in experiment.get("controls") or [] if one.get("automatic", True)]
    local = context.get("controls") or [] if context is not experiment else []
    for one in top + local:
        if one.get("scope") not in (None, moment) or (one.get("provider") or {}).get("type") != "python":
            continue
        try:
            _call(one["provider"], "%s_%s_control" % (moment, level), {
                "context": context, "state": control.state, "experiment": experiment,
                "configuration": configuration, "secrets": secrets, "extensions": experiment.get("extensions"),
            }, configuration, secrets)
        except InterruptExecution:
            raise
        except Exception:
            logger.debug("%s-control '%s' failed", moment, one.get("name"), exc_info=True)


def _call(provider, name, offered, configuration, secrets):
    func = getattr(importlib.import_module(provider["module"]), name, None)
    if not func:
        return
    arguments = copy.deepcopy(provider.get("arguments") or {})
    if configuration or secrets:
        arguments = substitute(arguments, configuration, secrets)
    parameters = inspect.signature(func).parameters
    arguments.update({key: value for key, value in offered.items() if key in parameters and key != "context"})
    func(context=offered["context"], **arguments)
