"""Judging a value by a tolerance, as extensions that run probes of their own do."""
import json
import re
from decimal import Decimal, InvalidOperation

from chaoslib import substitute
from chaoslib.activity import ensure_activity_is_valid, run_activity
from chaoslib.exceptions import ActivityFailed, InvalidActivity

__all__ = ["ensure_hypothesis_tolerance_is_valid", "within_tolerance"]


def ensure_hypothesis_tolerance_is_valid(tolerance):
    """Raises InvalidActivity."""
    if not isinstance(tolerance, (bool, int, list, str, dict)):
        raise InvalidActivity("hypothesis probe tolerance must be an integer, a string, a boolean, a pair or a probe")
    if not isinstance(tolerance, dict):
        return
    kind = tolerance.get("type")
    if kind == "probe":
        ensure_activity_is_valid(tolerance)
    elif kind not in JUDGES:
        raise InvalidActivity("hypothesis probe tolerance type '%s' is unsupported" % kind)
    elif {"regex": "pattern", "jsonpath": "path", "range": "range"}[kind] not in tolerance:
        raise InvalidActivity("hypothesis %s probe tolerance lacks its key" % kind)


def within_tolerance(tolerance, value, configuration=None, secrets=None):
    if isinstance(tolerance, (bool, str)):
        return value == tolerance
    has_status = isinstance(value, dict) and "status" in value
    if isinstance(tolerance, int):
        return (value["status"] if has_status else value) == tolerance
    if isinstance(tolerance, list):
        if has_status:
            return value["status"] in tolerance
        return tolerance[0] <= value <= tolerance[1] if len(tolerance) == 2 else value in tolerance
    if not isinstance(tolerance, dict):
        return None
    kind = tolerance.get("type")
    if kind == "probe":
        tolerance["provider"]["arguments"]["value"] = value
        try:
            return bool(run_activity(tolerance, configuration, secrets))
        except ActivityFailed:
            return False
    target = tolerance.get("target")
    if target is not None and isinstance(value, dict) and target in value:
        value = value[target]
    return JUDGES[kind](tolerance, value, configuration, secrets) if kind in JUDGES else None


def in_range(tolerance, value, configuration, secrets):
    try:
        number = Decimal(value)
    except InvalidOperation:
        return False
    low, high = tolerance["range"]
    return Decimal(low) <= number <= Decimal(high)


def matches(tolerance, value, configuration, secrets):
    return re.search(substitute(tolerance["pattern"], configuration, secrets), value) is not None


def has_path(tolerance, value, configuration, secrets):
    try:
        from jsonpath2.path import Path
    except ImportError:
        raise InvalidActivity(
            "Install the `jsonpath2` package to use a JSON path tolerance: `pip install chaostoolkit-lib[jsonpath]`."
        )
    if isinstance(value, (str, bytes)):
        try:
            value = json.loads(value)
        except ValueError:
            pass
    path = Path.parse_str(substitute(tolerance["path"], configuration, secrets).strip())
    found = [match.current_value for match in path.match(value)]
    if "expect" in tolerance:
        expected = substitute(tolerance["expect"], configuration, secrets)
        return found == (expected if isinstance(expected, list) else [expected])
    return len(found) == tolerance["count"] if "count" in tolerance else len(found) > 0


JUDGES = {"range": in_range, "regex": matches, "jsonpath": has_path}
