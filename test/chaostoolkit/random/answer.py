"""Answers questions with the reference's own functions: one JSON line in, one out."""
import json
import os
import sys
import warnings

import yaml
from chaoslib import PayloadEncoder, convert_vars, substitute
from chaoslib.configuration import load_configuration
from chaoslib.hypothesis import ensure_hypothesis_tolerance_is_valid, within_tolerance


def tolerance(question):
    own = question["tolerance"]
    config, secrets = question["configuration"], question["secrets"]
    if isinstance(own, str):
        own = substitute(own, config, secrets)
    return bool(within_tolerance(own, question["value"], config, secrets))


def valid(question):
    ensure_hypothesis_tolerance_is_valid(question["tolerance"])
    return True


def configuration(question):
    os.environ.clear()
    os.environ.update(question["env"])
    return load_configuration(question["declared"], question["overrides"])


class Encoder(PayloadEncoder):
    """What the journal cannot hold is told as the text that we keep."""

    def default(self, obj):
        try:
            return super().default(obj)
        except TypeError:
            return repr(obj)


warnings.simplefilter("ignore")
ANSWERS = {
    "tolerance": tolerance,
    "valid": valid,
    "substitute": lambda q: substitute(q["value"], q["configuration"], q["secrets"]),
    "text": lambda q: str(q["value"]),
    "json": lambda q: json.loads(q["text"]),
    "dump": lambda q: [
        yaml.dump(q["value"], indent=2),
        yaml.dump(q["value"], indent=4, default_flow_style=False, sort_keys=False),
    ],
    "words": lambda q: str(yaml.safe_load(q["text"])),
    "yaml": lambda q: yaml.safe_load(q["text"]),
    "variable": lambda q: convert_vars([q["text"]]),
    "configuration": configuration,
}

for line in sys.stdin:
    question = json.loads(line)
    try:
        value = ANSWERS[question["about"]](question)
        answer = json.dumps(value, cls=Encoder)
    except Exception:
        answer = "refused"
    print(answer, flush=False)
