"""The names that extensions annotate their functions with."""
import enum
from typing import Any, Dict, List, Tuple, Union

Action = Probe = Experiment = Journal = Run = Step = Extension = Hypothesis = Control = Dict[str, Any]
Discovery = DiscoveredActivities = DiscoveredSystemInfo = Settings = EventPayload = Dict[str, Any]
ConfigVars = SecretVars = Dict[str, Any]
Activity = Union[Probe, Action]
Layer = Any
TargetLayers = Dict[str, List[Dict[str, Any]]]
MicroservicesStatus = Tuple[Dict[str, Any], Dict[str, Any]]
Secrets = Configuration = Dict[str, Dict[str, str]]
Tolerance = Union[int, str, bool, list, Dict[str, Any]]


class Strategy(enum.Enum):
    BEFORE_METHOD = "before-method-only"
    AFTER_METHOD = "after-method-only"
    DURING_METHOD = "during-method-only"
    DEFAULT = "default"
    CONTINUOUS = "continuous"
    SKIP = "skip"

    @staticmethod
    def from_string(value):
        if value == "continuously":
            return Strategy.CONTINUOUS
        for strategy in Strategy:
            if strategy.value == value and strategy is not Strategy.CONTINUOUS:
                return strategy
        raise ValueError("Unknown strategy")


class Dry(enum.Enum):
    PROBES = "probes"
    ACTIONS = "actions"
    ACTIVITIES = "activities"
    PAUSE = "pause"

    @staticmethod
    def from_string(value):
        if not value:
            return None
        for dry in Dry:
            if dry.value == value:
                return dry
        raise ValueError("Unknown dry")


class Schedule:
    def __init__(self, continuous_hypothesis_frequency=1.0, fail_fast=False, fail_fast_ratio=0):
        self.continuous_hypothesis_frequency = continuous_hypothesis_frequency
        self.fail_fast = fail_fast
        self.fail_fast_ratio = fail_fast_ratio
