"""What the host may ask for, and where it runs."""
import importlib.util
import os
import platform
import re
import sys
import threading

from aftershock_worker import activities, controls, errors, extensions, logs, notify, signals
from aftershock_worker.channel import Channel
from aftershock_worker.graph import Graph
from aftershock_worker.lanes import Lanes, wake_main
from aftershock_worker.registry import EventHandlerRegistry
from aftershock_worker.tracing import Tracing
from aftershock_worker.values import Handles, decode, encode

# After the host is gone, or asked us to end: time for what runs to come to its end.
END_SECONDS = 2


def main(fallback):
    """Serves until the host closes its end or asks for the shutdown."""
    channel = Channel()
    lanes = Lanes(channel)
    signals.install(channel, lanes)
    # Last on the path: an installed chaoslib comes first.
    has_chaoslib = importlib.util.find_spec("chaoslib") is not None
    sys.path.append(fallback)
    session = Session(channel, lanes, has_chaoslib)
    threading.Thread(target=session.serve, daemon=True).start()
    lanes.run_until_closed()


class Session:
    def __init__(self, channel, lanes, has_chaoslib):
        self._channel = channel
        self._lanes = lanes
        self._has_chaoslib = has_chaoslib
        self._lock = threading.RLock()
        self._handles = Handles(0)
        self._graph = Graph(self._handles)
        self._registry = EventHandlerRegistry(
            lambda names: channel.send({"event": "handlers", "names": names})
        )
        self._tracing = Tracing(channel.send)
        self._operations = {
            "validate_activity": self.validate_activity,
            "call": self.call,
            "control.load": self.load_control,
            "control.validate": self.validate_control,
            "control.hook": self.hook,
            "control.cleanup": self.cleanup_control,
            "event": self.event,
            "regex": self.regex,
            "discover": self.discover,
            "extensions": lambda request: {"ok": extensions.installed()},
            "notify": self.notify,
        }

    def serve(self):
        for request in self._channel.requests():
            if request["op"] == "shutdown":
                break
            self.accept(request)
        # Daemon threads do not hold the interpreter, those of extensions may; neither outlives the host for long.
        timer = threading.Timer(END_SECONDS, lambda: os._exit(1))
        timer.daemon = True
        timer.start()
        self._lanes.close()
        if self._lanes.is_busy():
            wake_main(threading.main_thread().ident)

    def accept(self, request):
        """On the reader's thread: what changes the shared document does so in the order of the requests."""
        op = request["op"]
        if op == "cancel":
            self._lanes.cancel(request["call"])
            return
        if op == "hello":
            self._channel.send({"id": request["id"], "ok": self.hello(request)})
            return
        if "nodes" in request:
            with self._lock:
                self._graph.apply(request["nodes"])
        work = self._operations[op]
        self._lanes.submit(request["id"], lambda: work(request), request.get("lane", "any"))

    def hello(self, request):
        self._handles = Handles(request.get("firstHandle", 0))
        self._graph = Graph(self._handles)
        logs.install(self._channel, request.get("logLevel", "DEBUG").upper())
        self._tracing.install()
        return {
            "python": platform.python_version(),
            "executable": sys.executable,
            "chaoslib": library_version() if self._has_chaoslib else None,
            "pid": os.getpid(),
        }

    def value(self, wire):
        return decode(wire, self._handles)

    def encoded(self, value):
        return encode(value, self._handles)

    def validate_activity(self, request):
        return {"ok": activities.validate(self.value(request["activity"]))}

    def call(self, request):
        around = self._tracing.around(request.get("carrier", {}), request.get("lane"))
        return activities.call(request, self.value, self.encoded, around)

    def load_control(self, request):
        try:
            return {"ok": controls.load(request["module"])}
        except Exception as error:
            return {"error": errors.described(error)}

    def validate_control(self, request):
        controls.validate(request["module"], self.value(request["control"]))
        return {"ok": None}

    def cleanup_control(self, request):
        controls.cleanup(request["module"])
        return {"ok": None}

    def hook(self, request):
        reply = {"ok": None}
        try:
            controls.run_hook(request, self._graph, self._registry)
        except BaseException as error:
            reply = {"error": errors.described(error)}
        return self.with_changes(reply, request)

    def event(self, request):
        with self._lock:
            values = [self._graph.value(wire) for wire in request["values"]]
        self._registry.dispatch(request["name"], values)
        return self.with_changes({"ok": None}, request)

    def with_changes(self, reply, request):
        """What a hook changed counts, even when it raised afterwards."""
        with self._lock:
            reply["nodes"] = self._graph.changes([self._graph.node(number) for number in request["roots"]])
        return reply

    def regex(self, request):
        try:
            return {"ok": re.search(request["pattern"], request["text"]) is not None}
        except Exception as error:
            return {"error": errors.described(error)}

    def discover(self, request):
        found = extensions.discover(request["package"], request["installs"], request["includesSystem"])
        return {"ok": self.encoded(found)}

    def notify(self, request):
        notify.notify(self.value(request["channel"]), self.value(request["payload"]))
        return {"ok": None}


def library_version():
    from importlib import metadata

    try:
        return metadata.version("chaostoolkit-lib")
    except metadata.PackageNotFoundError:
        return "unknown"
