"""Activities by name."""

__all__ = ["cache_activities", "clear_cache", "lookup_activity"]
_cache = {}


def cache_activities(experiment):
    """Method first, then the probes of the hypothesis, which win where names are equal."""
    hypothesis = experiment.get("steady-state-hypothesis") or {}
    for activity in (experiment.get("method") or []) + (hypothesis.get("probes") or []):
        if activity.get("name"):
            _cache[activity["name"]] = activity


def clear_cache():
    _cache.clear()


def lookup_activity(ref):
    return _cache.get(ref)
