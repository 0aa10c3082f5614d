"""The activities that a module exports, in the form of discovery.json."""
import datetime
import importlib
import inspect
import logging
import platform
import uuid

from chaoslib import __version__
from chaoslib.exceptions import DiscoveryFailed

__all__ = ["discover_actions", "discover_activities", "discover_probes", "initialize_discovery_result"]
_NAMES = {
    None: "null", bool: "boolean", int: "integer", float: "number", str: "string", bytes: "byte",
    set: "set", tuple: "tuple", list: "list", dict: "mapping",
}
_GENERIC = {"typing.Dict": "mapping", "typing.List": "list", "typing.Set": "set"}


def initialize_discovery_result(extension_name, extension_version, discovery_type):
    here = platform.uname()
    return {
        "chaoslib_version": __version__,
        "id": str(uuid.uuid4()),
        "target": discovery_type,
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(),
        "platform": {
            "system": here.system, "node": here.node, "release": here.release, "version": here.version,
            "machine": here.machine, "proc": here.processor, "python": platform.python_version(),
        },
        "extension": {"name": extension_name, "version": extension_version},
        "activities": [],
        "system": None,
    }


def discover_actions(extension_mod_name):
    return discover_activities(extension_mod_name, "action")


def discover_probes(extension_mod_name):
    return discover_activities(extension_mod_name, "probe")


def discover_activities(extension_mod_name, activity_type):
    try:
        module = importlib.import_module(extension_mod_name)
    except ImportError:
        raise DiscoveryFailed("could not import extension module '%s'" % extension_mod_name)
    exported = getattr(module, "__all__", None)
    if exported is None:
        logging.getLogger("chaostoolkit").warning(
            "'%s' does not expose the __all__ attribute, which says what its activities are", extension_mod_name
        )
        return []
    return [
        _activity(name, func, module, activity_type)
        for name, func in inspect.getmembers(module, inspect.isfunction)
        if not exported or name in exported
    ]


def _activity(name, func, module, activity_type):
    signature = inspect.signature(func)
    activity = {
        "type": activity_type, "name": name, "mod": module.__name__, "doc": inspect.getdoc(func), "arguments": [],
    }
    if signature.return_annotation is not inspect.Signature.empty:
        activity["return_type"] = portable_type_name(signature.return_annotation)
    for parameter in signature.parameters.values():
        if parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD):
            continue
        argument = {"name": parameter.name}
        if parameter.default is not inspect.Parameter.empty:
            argument["default"] = parameter.default
        if parameter.annotation is not inspect.Parameter.empty:
            argument["type"] = portable_type_name(parameter.annotation)
        activity["arguments"].append(argument)
    return activity


def portable_type_name(python_type):
    """A name that readers of discovery.json understand; `object` for what has none."""
    try:
        if python_type in _NAMES:
            return _NAMES[python_type]
    except TypeError:  # what has no hash is in no table
        pass
    for start, name in _GENERIC.items():
        if str(python_type).startswith(start):
            return name
    return "object"
