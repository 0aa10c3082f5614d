"""Reading an experiment's configuration."""
import json
import os

from chaoslib.exceptions import InvalidExperiment

__all__ = ["load_configuration"]
_KINDS = {"int": int, "integer": int, "float": float, "number": float, "json": json.loads}


def load_configuration(config_info, extra_vars=None):
    """Literals as they are; `type: env` from the environment, typed."""
    return {
        key: _value(key, (extra_vars or {}).get(key, value)) for key, value in (config_info or {}).items()
    }


def _value(key, value):
    if not isinstance(value, dict) or value.get("type") != "env":
        return value
    name = value["key"]
    if name not in os.environ and "default" not in value:
        raise InvalidExperiment(
            "Configuration makes reference to an environment key that does not exist: %s" % name
        )
    return _typed(os.environ.get(name, value.get("default")), value.get("env_var_type"))


def _typed(value, kind):
    if kind in (None, "str", "string") or (kind == "json" and not isinstance(value, str)):
        return value
    if kind == "bytes":
        return value.encode("utf-8")
    if kind == "bool":
        return value if isinstance(value, bool) else value.lower() not in ("false", "0", "no")
    if kind not in _KINDS:
        raise ValueError("variable type can only be: bool, str, int, float, bytes or json")
    return _KINDS[kind](value)
