"""The activity's trace inside Python: TRACEPARENT, OpenTelemetry's current span, the legacy extension's tracer."""
import os
import threading

from aftershock_worker.imports import AfterImport


class Tracing:
    """Costs nothing until an extension imports a tracing library: then its current span becomes ours."""

    def __init__(self, report):
        self.report = report
        self._local = threading.local()
        self._otel = None
        self._legacy = None

    def install(self):
        AfterImport({"opentelemetry.trace": self._found_otel, "opentracing": self._found_legacy}).install()

    def around(self, carrier, lane):
        """A context manager for one call. `carrier`: {headers, env}, both empty when nobody traces."""
        return Traced(self, carrier, lane)

    def current(self):
        """The innermost call of this thread, or None."""
        stack = getattr(self._local, "stack", None)
        return stack[-1] if stack else None

    def push(self, traced):
        if not hasattr(self._local, "stack"):
            self._local.stack = []
        self._local.stack.append(traced)

    def pop(self):
        self._local.stack.pop()

    def enter_libraries(self, traced):
        if not traced.headers:
            return
        if self._otel and traced.token is None:
            traced.token = self._otel.attach(traced.headers)
        if self._legacy and traced.scope is None:
            traced.scope = self._legacy.activate(traced.headers)

    def leave_libraries(self, traced):
        if traced.scope is not None:
            traced.scope.close()
        if traced.token is not None:
            self._otel.detach(traced.token)

    def _found_otel(self, _module):
        self._otel = OpenTelemetry()
        self._enter_current()

    def _found_legacy(self, module):
        from aftershock_worker.legacy_tracer import make_tracer

        self._legacy = make_tracer(module, self)
        module.set_global_tracer(self._legacy)
        self._enter_current()

    def _enter_current(self):
        traced = self.current()
        if traced is not None:
            self.enter_libraries(traced)


class Traced:
    def __init__(self, tracing, carrier, lane):
        self._tracing = tracing
        # The environment is the whole process's: only the one foreground call may speak through it.
        self._env = carrier.get("env", {}) if lane == "foreground" else {}
        self._before = {}
        self.headers = carrier.get("headers", {})
        self.token = None
        self.scope = None

    def __enter__(self):
        self._tracing.push(self)
        for name, value in self._env.items():
            self._before[name] = os.environ.get(name)
            os.environ[name] = value
        self._tracing.enter_libraries(self)
        return self

    def __exit__(self, *_error):
        self._tracing.leave_libraries(self)
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self._tracing.pop()


class OpenTelemetry:
    """Makes a remote context the current one, in W3C's form, whatever the process's global propagator is."""

    def __init__(self):
        from opentelemetry import context
        from opentelemetry.baggage.propagation import W3CBaggagePropagator
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._context = context
        self._propagators = (TraceContextTextMapPropagator(), W3CBaggagePropagator())

    def attach(self, headers):
        found = self._context.get_current()
        for propagator in self._propagators:
            found = propagator.extract(headers, found)
        return self._context.attach(found)

    def detach(self, token):
        self._context.detach(token)
