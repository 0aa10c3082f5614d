"""Reading an experiment's secrets."""
import os

from chaoslib.exceptions import InvalidExperiment

__all__ = ["load_secrets"]


def load_secrets(secrets_info, configuration=None, extra_vars=None):
    """Literals as they are; `type: env` from the environment, at any depth."""
    return {
        scope: _value((extra_vars or {}).get(scope, value)) for scope, value in (secrets_info or {}).items()
    }


def _value(value):
    if not isinstance(value, dict):
        return value
    if value.get("type") == "env":
        if value["key"] not in os.environ:
            raise InvalidExperiment(
                "Secrets make reference to an environment key that does not exist: %s" % value["key"]
            )
        return os.environ[value["key"]]
    if value.get("type") == "vault":
        raise InvalidExperiment("Secrets of Vault need chaostoolkit-lib in this Python: pip install chaostoolkit-lib")
    return {key: _value(item) for key, item in value.items()}
