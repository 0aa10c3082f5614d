"""Stands in for chaoslib where it is not installed: what extension packages import from it, with its behaviour.

An installed chaoslib always comes first on the path.
"""
import datetime
import decimal
import hashlib
import json
import logging
import string
import uuid
from collections import ChainMap

from chaoslib.exceptions import ActivityFailed
from chaoslib.types import Configuration, Experiment, Secrets

__all__ = [
    "__version__", "canonical_json", "decode_bytes", "experiment_hash", "substitute", "PayloadEncoder",
    "Configuration", "Experiment", "Secrets",
]
logger = logging.getLogger("chaostoolkit")
# The release whose behaviour this follows.
__version__ = "1.45.0"


class TypedTemplate(string.Template):
    def safe_substitute(self, mapping):
        """A text that is one `${name}` alone keeps the type of its value; anything else becomes text."""
        match = self.pattern.fullmatch(self.template)
        if match is not None and match.group("braced") in mapping:
            return mapping[match.group("braced")]
        return super().safe_substitute(mapping)


def substitute(data, configuration, secrets):
    """Replaces `${name}` in values (never keys) by configuration first, then by each scope of the secrets."""
    if not data:
        return data
    scopes = [scope for scope in (secrets or {}).values() if isinstance(scope, dict)]
    return _replaced(data, ChainMap(configuration or {}, *scopes))


def _replaced(data, mapping):
    if isinstance(data, str):
        return TypedTemplate(data).safe_substitute(mapping)
    if isinstance(data, dict):
        return {key: _replaced(value, mapping) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_replaced(value, mapping) for value in data]
    return data


def decode_bytes(data, default_encoding="utf-8"):
    """Text of an output. The reference guesses the encoding when it can; without its library, UTF-8 it is."""
    try:
        return data.decode(default_encoding)
    except UnicodeDecodeError:
        raise ActivityFailed("Failed to decode bytes using encoding '%s'" % default_encoding)


class PayloadEncoder(json.JSONEncoder):
    def default(self, obj):
        if isinstance(obj, (datetime.datetime, datetime.date)):
            return obj.isoformat()
        if isinstance(obj, (uuid.UUID, decimal.Decimal)):
            return str(obj)
        if isinstance(obj, Exception):
            return "An exception was raised: %s('%s')" % (type(obj).__name__, obj)
        return super().default(obj)


def canonical_json(experiment):
    return json.dumps(experiment, skipkeys=True, sort_keys=True, indent=None).encode("utf-8")


def experiment_hash(experiment, hash_algo=None):
    """blake2b with a digest of 12 bytes, or the named algorithm of hashlib, over the canonical JSON."""
    if hash_algo is None:
        return hashlib.blake2b(canonical_json(experiment), digest_size=12).hexdigest()
    if hash_algo not in hashlib.algorithms_available:
        raise ValueError("Unsupported hashlib algorithm: '%s'" % hash_algo)
    return hashlib.new(hash_algo, canonical_json(experiment)).hexdigest()
