"""Python values as JSON without loss.

| Python                | on the wire                                             |
| --------------------- | ------------------------------------------------------- |
| None, bool, str       | as they are                                             |
| int within 2**53      | number                                                  |
| other int             | {"i": "text"}                                           |
| float                 | {"f": "repr"}                                           |
| list, tuple           | array                                                   |
| dict                  | {"d": [key, value, key, value ...]}, in its order       |
| a shared node         | {"n": id}, see graph.py                                 |
| anything else         | {"o": {type, text, repr, json, true, handle}}           |
"""
import sys

SAFE_INTEGER = 2 ** 53 - 1
DEPTH_MAX = 200
HANDLES_MAX = 10_000
TEXT_MAX = 1 << 20


class Handles:
    """Objects that JSON has no word for, kept so that the host can hand them back to a later call."""

    def __init__(self, first):
        self._objects = {}
        self._next = first

    def keep(self, value):
        self._next += 1
        self._objects[self._next] = value
        if len(self._objects) > HANDLES_MAX:
            del self._objects[next(iter(self._objects))]
        return self._next

    def get(self, handle, otherwise):
        return self._objects.get(handle, otherwise)


def encode(value, handles, depth=0):
    """The wire form of a value; what contains itself ends as an object at DEPTH_MAX."""
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        return value if -SAFE_INTEGER <= value <= SAFE_INTEGER else {"i": str(value)}
    if kind is float:
        return {"f": repr(value)}
    if depth < DEPTH_MAX:
        if isinstance(value, (list, tuple)):
            return [encode(item, handles, depth + 1) for item in value]
        if isinstance(value, dict):
            flat = []
            for key, item in value.items():
                flat.append(encode_key(key))
                flat.append(encode(item, handles, depth + 1))
            return {"d": flat}
    if isinstance(value, (str, int, float)):
        return encode_subclass(value)
    return {"o": describe(value, handles)}


def encode_subclass(value):
    """numpy.float64, IntEnum and the like: json.dumps writes them as what they derive from."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        plain = int(value)
        return plain if -SAFE_INTEGER <= plain <= SAFE_INTEGER else {"i": str(plain)}
    return {"f": float.__repr__(value)}


def encode_key(key):
    if isinstance(key, (str, int, float)) or key is None:
        return encode(key, None)
    return safely(str, key)


def describe(value, handles):
    """What the host needs to know of an object that stays here."""
    return {
        "type": type_name(type(value)),
        "text": safely(str, value),
        "repr": safely(repr, value),
        "json": json_text(value),
        "true": truth(value),
        "handle": None if handles is None else handles.keep(value),
    }


def type_name(kind):
    module = kind.__module__
    return kind.__qualname__ if module == "builtins" else "%s.%s" % (module, kind.__qualname__)


def safely(render, value):
    try:
        return render(value)[:TEXT_MAX]
    except Exception as error:  # an extension's own __str__ or __repr__
        return "<%s object: %s>" % (type(value).__name__, error)


def truth(value):
    try:
        return bool(value)
    except Exception:  # arrays of numpy refuse
        return True


def json_text(value):
    """The text that the reference's journal has for the few types it knows; None: it cannot write them."""
    known = sys.modules.get("datetime")
    if known and isinstance(value, known.date):
        return value.isoformat()
    for module, name in (("decimal", "Decimal"), ("uuid", "UUID")):
        known = sys.modules.get(module)
        if known and isinstance(value, getattr(known, name)):
            return str(value)
    return None


def decode(wire, handles, node=None):
    """The value of a wire form. `node` gives the shared object of an id."""
    if isinstance(wire, list):
        return [decode(item, handles, node) for item in wire]
    if not isinstance(wire, dict):
        return wire
    if "d" in wire:
        flat = wire["d"]
        return {decode(flat[i], handles): decode(flat[i + 1], handles, node) for i in range(0, len(flat), 2)}
    if "f" in wire:
        return float(wire["f"])
    if "i" in wire:
        return int(wire["i"])
    if "n" in wire:
        return node(wire["n"])
    return rebuild(wire["o"], handles)


def rebuild(described, handles):
    """The object itself when it lives here; else one that says the same, for dates out of YAML and the like."""
    missing = object()
    found = handles.get(described.get("handle"), missing) if handles else missing
    if found is not missing:
        return found
    kind, text = described["type"], described["text"]
    try:
        if kind in ("datetime.date", "datetime.datetime"):
            import datetime

            return getattr(datetime, kind[9:]).fromisoformat(described.get("json") or text)
        if kind in ("bytes", "set", "complex", "frozenset"):
            import ast

            inner = described["repr"]
            if kind == "frozenset":
                return frozenset(ast.literal_eval(inner[len("frozenset("):-1] or "()"))
            return set() if inner == "set()" else ast.literal_eval(inner)
        if kind in ("decimal.Decimal", "uuid.UUID"):
            import importlib

            module, name = kind.split(".")
            return getattr(importlib.import_module(module), name)(text)
    except (ValueError, SyntaxError, TypeError, ArithmeticError):
        pass
    return text
