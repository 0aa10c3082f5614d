"""Signals to this process: `chaoslib.exit` and extensions send them to themselves to end the run."""
import signal

from aftershock_worker.errors import Cancelled, Terminated

# What the reference's own handlers raise (SystemExit codes 20 and 30); SIGTERM is never swallowed here.
REQUESTS = {
    "SIGINT": ("interrupt", KeyboardInterrupt),
    "SIGTERM": ("terminate", lambda: Terminated("SIGTERM signal received")),
    "SIGUSR1": ("graceful", lambda: SystemExit(20)),
    "SIGUSR2": ("ungraceful", lambda: SystemExit(30)),
}


def install(channel, lanes):
    """Each signal tells the host, then ends the call on the main thread."""

    def handler(name):
        kind, error = REQUESTS[name]

        def handle(_number, _frame):
            if name == "SIGINT" and lanes.is_cancelled():
                lanes.interrupt(Cancelled())
                return
            channel.send({"event": "exit_requested", "kind": kind, "source": name})
            lanes.interrupt(error())

        return handle

    for name in REQUESTS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), handler(name))
