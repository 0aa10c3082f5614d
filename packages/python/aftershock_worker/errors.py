"""Exceptions as the host needs them: their kind, and the lines that the journal keeps."""
import os
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
CHAINED = "\nDuring handling of the above exception, another exception occurred:\n\n"


class Cancelled(BaseException):
    """The host gave up on this call."""


class Terminated(BaseException):
    """SIGTERM came while a call ran. No `Exception`: an activity must not swallow it."""


def is_named(error, name):
    """Whether it is chaoslib's exception of that name, without importing chaoslib, which takes its time."""
    return any(
        kind.__name__ == name and kind.__module__ == "chaoslib.exceptions" for kind in type(error).__mro__
    )


def described(error, kind=None):
    return {
        "kind": kind or kind_of(error),
        "type": last_line(error).split(":", 1)[0],
        "message": text_of(error),
        "traceback": lines_of(error),
    }


def kind_of(error):
    if isinstance(error, Cancelled):
        return "cancelled"
    if isinstance(error, (SystemExit, KeyboardInterrupt, Terminated)):
        return "exited"
    if is_named(error, "InterruptExecution"):
        return "interrupted"
    return "failed"


def activity_failed(error):
    """An activity that raised: ActivityFailed("<type>: <message>"), with what it raised before it."""
    message = last_line(error)
    line = "chaoslib.exceptions.ActivityFailed: %s\n" % message
    return {
        "kind": "failed",
        "type": "chaoslib.exceptions.ActivityFailed",
        "message": message,
        "traceback": lines_of(error) + [CHAINED, line],
    }


def last_line(error):
    return traceback.format_exception_only(type(error), error)[0].strip()


def text_of(error):
    try:
        return str(error)
    except Exception:
        return ""


def lines_of(error):
    """The traceback from the extension's first frame on: ours say nothing to its author."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(HERE + os.sep):
        trace = trace.tb_next
    return traceback.format_exception(type(error), error, trace)
