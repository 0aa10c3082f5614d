"""The caller in Python: `python callers/order.py <library>`, served by WSGI under the ordinary instrumentations."""

import asyncio
import json
import os
import socketserver
import sys
import wsgiref.simple_server
from http.client import responses

import aiohttp
import httpx
import pybreaker
import requests
import tenacity
import urllib3
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor
from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

URL = f"http://127.0.0.1:{os.environ['PAYMENT_HTTP_PORT']}/charges"
TIMEOUT_S = 0.15
RETRY_PAUSE_S = 0.03
LIBRARY = sys.argv[1]

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(), schedule_delay_millis=200))
trace.set_tracer_provider(provider)
RequestsInstrumentor().instrument()
HTTPXClientInstrumentor().instrument()
AioHttpClientInstrumentor().instrument()
if LIBRARY == "urllib3":
    URLLib3Instrumentor().instrument()


class Answered(Exception):
    def __init__(self, status):
        super().__init__(f"payment answered {status}")
        self.status = status


class GaveUp(Exception):
    pass


def checked(status):
    if status >= 400:
        raise Answered(status)


def policy():
    return Retry(total=1, backoff_factor=RETRY_PAUSE_S, status_forcelist=[503], allowed_methods=None)


def by_requests(session):
    def charge(order_id, timeout_s=5):
        try:
            checked(session.post(URL, headers={"x-order-id": order_id}, data="{}", timeout=timeout_s).status_code)
        except requests.Timeout as error:
            raise GaveUp(str(error)) from error
        except requests.ConnectionError as error:
            if "timed out" in str(error):
                raise GaveUp(str(error)) from error
            raise

    return charge


def by_urllib3(retries):
    pool = urllib3.PoolManager()

    def charge(order_id, timeout_s=5):
        try:
            answer = pool.request(
                "POST", URL, headers={"x-order-id": order_id}, body="{}", timeout=timeout_s, retries=retries
            )
        except urllib3.exceptions.MaxRetryError as error:
            raise (GaveUp if "timed out" in str(error) else RuntimeError)(str(error)) from error
        except urllib3.exceptions.TimeoutError as error:
            raise GaveUp(str(error)) from error
        checked(answer.status)

    return charge


def by_httpx():
    client = httpx.Client()

    def charge(order_id, timeout_s=5):
        try:
            checked(client.post(URL, headers={"x-order-id": order_id}, content="{}", timeout=timeout_s).status_code)
        except httpx.TimeoutException as error:
            raise GaveUp(str(error)) from error

    return charge


def by_aiohttp():
    async def post(order_id, timeout_s):
        limit = aiohttp.ClientTimeout(total=timeout_s)
        async with aiohttp.ClientSession(timeout=limit) as session:
            async with session.post(URL, headers={"x-order-id": order_id}, data="{}") as answer:
                await answer.read()
                return answer.status

    def charge(order_id, timeout_s=5):
        try:
            checked(asyncio.run(post(order_id, timeout_s)))
        except asyncio.TimeoutError as error:
            raise GaveUp(str(error)) from error

    return charge


def tenaciously(charge):
    return tenacity.retry(
        stop=tenacity.stop_after_attempt(2), wait=tenacity.wait_fixed(RETRY_PAUSE_S), reraise=True
    )(charge)


def callers():
    """Once, and with the library's way of trying again."""
    if LIBRARY == "requests":
        retrying = requests.Session()
        retrying.mount("http://", HTTPAdapter(max_retries=policy()))
        return by_requests(requests.Session()), by_requests(retrying)
    if LIBRARY == "tenacity":
        once = by_requests(requests.Session())
        return once, tenaciously(once)
    if LIBRARY == "urllib3":
        return by_urllib3(False), by_urllib3(policy())
    once = by_aiohttp() if LIBRARY == "aiohttp" else by_httpx()
    return once, tenaciously(once)


once, again = callers()
breaker = pybreaker.CircuitBreaker(fail_max=4, reset_timeout=60)


def or_later(order_id):
    try:
        once(order_id)
    except Exception:  # the point of a fallback: whatever it was, go on
        pass


CASES = {
    "timeout": lambda order_id: once(order_id, TIMEOUT_S),
    "retry-reset": again,
    "retry-503": again,
    "retry-timeout": lambda order_id: again(order_id, TIMEOUT_S),
    "breaker": lambda order_id: breaker.call(once, order_id, TIMEOUT_S),
    "fallback": or_later,
    "shed": once,
}


def status_for(error):
    if isinstance(error, Answered) and error.status == 429:
        return 429
    return 504 if isinstance(error, GaveUp) else 502


def app(environ, start_response):
    status = 200
    try:
        CASES[environ["PATH_INFO"].rsplit("/", 1)[-1]](environ.get("HTTP_X_ORDER_ID", ""))
    except Exception as error:
        status = status_for(error)
    start_response(f"{status} {responses[status]}", [("content-type", "application/json")])
    return [b"{}"]


class Server(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True
    request_queue_size = 64


class Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *_):
        pass


server = wsgiref.simple_server.make_server("127.0.0.1", 0, OpenTelemetryMiddleware(app), Server, Quiet)
print(json.dumps({"port": server.server_port, "cases": list(CASES)}), flush=True)
try:
    server.serve_forever()
finally:
    provider.shutdown()
