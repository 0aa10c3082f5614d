"""Activities for random experiments: every kind of value and every way to end."""
import datetime
import decimal
import logging
import os
import sys
import uuid

from chaoslib.exceptions import ActivityFailed, InterruptExecution

_calls = 0


def give(value=None):
    return value


def count(step=1):
    global _calls
    _calls += step
    return _calls


def add(a, b=1):
    return a + b


def keywords(**given):
    return dict(sorted(given.items()))


def positional(*given, last=None):
    return [list(given), last]


def fail(how="failed", words="why"):
    if how == "failed":
        raise ActivityFailed(words)
    if how == "value":
        raise ValueError(words)
    if how == "key":
        raise KeyError(words)
    if how == "interrupt":
        raise InterruptExecution(words)
    if how == "exit":
        sys.exit(words)
    if how == "chained":
        try:
            raise KeyError(words)
        except KeyError as error:
            raise RuntimeError("outer") from error
    if how == "empty":
        raise ValueError()
    if how == "lines":
        raise ValueError("one\ntwo")
    assert False, words


def strange(kind="date"):
    return {
        "date": datetime.date(2024, 1, 2),
        "time": datetime.datetime(2024, 1, 2, 3, 4, 5),
        "decimal": decimal.Decimal("1.50"),
        "uuid": uuid.UUID(int=7),
        "tuple": (1, (2, 3)),
        "keys": {1: "a", None: "b", True: "c", 1.5: "d"},
        "float": [1.0, 1e22, 1e-7, 0.1 + 0.2],
        "int": [2**70, -(2**63)],
        "text": "é€😀\u0000\u2028\ud800",
        "error": ValueError("v"),
    }[kind]


def configured(configuration, key=None):
    return configuration if key is None else configuration.get(key)


def secret(secrets=None, key=None):
    return secrets if key is None else (secrets or {}).get(key)


def both(a, configuration=None, secrets=None):
    return [a, configuration, secrets]


def numbers(n=3):
    for i in range(n):
        yield i


def environment(name):
    return os.environ.get(name)


def talk(words="hello"):
    print(words)
    logging.getLogger("chaostoolkit").info(words)
    return words


def positive(value):
    return value > 0


def has(value=None, key="a"):
    return key in value


NOT_A_FUNCTION = 3
