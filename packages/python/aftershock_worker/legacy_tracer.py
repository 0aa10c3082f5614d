"""An OpenTracing tracer for extensions written for chaostoolkit-opentracing.

Its active span is the activity, also in background threads; `activity_span` and the four other attributes that
the extension's first releases set on the tracer name it too. Spans that extensions start are told to the host.
"""
import os
import time

ATTRIBUTES = ("experiment_span", "hypothesis_span", "method_span", "rollback_span", "activity_span")


def make_tracer(opentracing, tracing):
    from opentracing.scope_managers import ThreadLocalScopeManager

    class Context(opentracing.SpanContext):
        """Headers that carry the span on; `parent_id` only for spans made here."""

        def __init__(self, headers):
            self.headers = headers

        @property
        def baggage(self):
            return {}

    class Span(opentracing.Span):
        def __init__(self, tracer, headers, name=None, parent=None, tags=None, start_time=None):
            super().__init__(tracer, Context(headers))
            self._name = name
            self._parent = parent
            self._tags = dict(tags or {})
            self._start = start_time or time.time()
            self._is_open = parent is not None

        def set_operation_name(self, operation_name):
            self._name = operation_name
            return self

        def set_tag(self, key, value):
            self._tags[key] = value
            return self

        def log_kv(self, key_values, timestamp=None):
            return self

        def finish(self, finish_time=None):
            if not self._is_open:
                return
            self._is_open = False
            tracing.report(span_event(self, finish_time or time.time()))

    class Tracer(opentracing.Tracer):
        def __init__(self):
            super().__init__(ThreadLocalScopeManager())

        def activate(self, headers):
            return self.scope_manager.activate(Span(self, headers), False)

        def start_span(self, operation_name=None, child_of=None, references=None, tags=None,
                       start_time=None, ignore_active_span=False):
            parent = child_of or (references[0].referenced_context if references else None)
            if parent is None and not ignore_active_span:
                parent = self.activity_span
            context = getattr(parent, "context", parent)
            headers = getattr(context, "headers", None)
            if not headers or "traceparent" not in headers:
                return super().start_span(operation_name)
            return Span(self, child_headers(headers), operation_name, headers, tags, start_time)

        def start_active_span(self, operation_name, child_of=None, references=None, tags=None,
                              start_time=None, ignore_active_span=False, finish_on_close=True):
            span = self.start_span(operation_name, child_of, references, tags, start_time, ignore_active_span)
            return self.scope_manager.activate(span, finish_on_close)

        def inject(self, span_context, format, carrier):
            context = getattr(span_context, "context", span_context)
            carrier.update(getattr(context, "headers", {}))

        def extract(self, format, carrier):
            lower = {str(key).lower(): value for key, value in dict(carrier).items()}
            return Context({key: lower[key] for key in ("traceparent", "baggage") if key in lower})

    def active(self):
        traced = tracing.current()
        scope = self.scope_manager.active
        if scope is not None:
            return scope.span
        return Span(self, traced.headers) if traced is not None else super(Tracer, self).start_span("none")

    for name in ATTRIBUTES:
        setattr(Tracer, name, property(active))
    return Tracer()


def child_headers(headers):
    version, trace_id, _, flags = headers["traceparent"].split("-")
    return dict(headers, traceparent="-".join((version, trace_id, os.urandom(8).hex(), flags)))


def span_event(span, end):
    """Times in seconds since 1970; tags as text."""
    _, trace_id, span_id, _ = span.context.headers["traceparent"].split("-")
    return {
        "event": "span",
        "traceId": trace_id,
        "spanId": span_id,
        "parentSpanId": span._parent["traceparent"].split("-")[2],
        "name": str(span._name or ""),
        "startSeconds": span._start,
        "endSeconds": end,
        "attributes": {str(key): str(value)[:4096] for key, value in span._tags.items()},
    }
