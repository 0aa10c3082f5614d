"""Python controls: modules with hooks, which get live parts of the host's document by name."""
import importlib
import inspect
import sys

LEVELS = ("loading_experiment", "experiment", "hypothesis", "method", "rollback", "activity")
FUNCTIONS = ["configure_control", "cleanup_control", "validate_control"] + [
    "%s_%s_control" % (moment, level) for level in LEVELS for moment in ("before", "after")
]
INJECTED = ("secrets", "configuration", "state", "experiment", "extensions", "settings", "event_registry")


def load(module_name):
    """What a module offers: hook → what it asks for by name. Only a missing module is no failure."""
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        return {"missing": str(error), "hooks": {}}
    found = {}
    for name in FUNCTIONS:
        func = getattr(module, name, None)
        if func:
            found[name] = asked_for(func)
    return {"hooks": found}


def asked_for(func):
    try:
        parameters = inspect.signature(func).parameters
    except (TypeError, ValueError):
        return []
    return [name for name in INJECTED if name in parameters]


def validate(module_name, control):
    getattr(importlib.import_module(module_name), "validate_control")(control)


def cleanup(module_name):
    getattr(importlib.import_module(module_name), "cleanup_control")()


def run_hook(request, graph, registry):
    """Calls a hook (or configure_control, which has no context). The caller sends back what it changed."""
    func = getattr(importlib.import_module(request["module"]), request["func"])
    arguments = graph.value(request["arguments"])
    for name, wire in request["injected"].items():
        arguments[name] = registry if name == "event_registry" else graph.value(wire)
    share_activities(arguments.get("experiment"))
    if "context" in request:
        func(context=graph.value(request["context"]), **arguments)
    else:
        func(**arguments)


def share_activities(experiment):
    """An extension that uses the installed chaoslib looks activities up by name there."""
    caching = sys.modules.get("chaoslib.caching")
    if caching is not None and isinstance(experiment, dict):
        caching.cache_activities(experiment)
