"""The exceptions that extensions raise and catch."""


class ChaosException(Exception):
    pass


class InvalidActivity(ChaosException):
    pass


class InvalidExperiment(ChaosException):
    pass


class ActivityFailed(ChaosException):
    pass


# The name of older extensions.
FailedActivity = ActivityFailed


class DiscoveryFailed(ChaosException):
    pass


class InvalidSource(ChaosException):
    pass


class InvalidControl(ChaosException):
    pass


class InterruptExecution(ChaosException):
    pass


class ExperimentExitedException(ChaosException):
    """Raised in background activities when the run ends at once."""


class ControlPythonFunctionLoadingError(Exception):
    pass
