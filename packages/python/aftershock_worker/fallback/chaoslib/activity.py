"""Running an activity from inside an extension: a safeguard's probe, a tolerance."""
import importlib
import inspect
import shutil
import subprocess
import traceback

from aftershock_worker.activities import Invalid, check
from chaoslib import decode_bytes, substitute
from chaoslib.exceptions import ActivityFailed, InvalidActivity

__all__ = ["ensure_activity_is_valid", "run_activity"]


def ensure_activity_is_valid(activity):
    """Raises InvalidActivity; a reference needs to be text only."""
    if not activity:
        raise InvalidActivity("empty activity is no activity")
    if activity.get("ref") is not None:
        if not isinstance(activity["ref"], str) or activity["ref"] == "":
            raise InvalidActivity("reference to activity must be non-empty strings")
        return
    if activity.get("type") not in ("probe", "action"):
        raise InvalidActivity("'%s' is not a supported activity type" % activity.get("type"))
    if not activity.get("name"):
        raise InvalidActivity("an activity must have a name")
    provider = activity.get("provider")
    if not provider:
        raise InvalidActivity("an activity requires a provider")
    if provider.get("type") not in PROVIDERS:
        raise InvalidActivity("unknown provider type '%s'" % provider.get("type"))
    if provider["type"] == "python":
        try:
            check(activity, provider)
        except Invalid as problem:
            raise InvalidActivity(str(problem))


def run_activity(activity, configuration, secrets):
    return PROVIDERS[activity["provider"]["type"]](activity["provider"], configuration or {}, secrets or {})


def run_python(provider, configuration, secrets):
    func = getattr(importlib.import_module(provider["module"]), provider["func"])
    arguments = dict(provider.get("arguments") or {})
    if configuration or secrets:
        arguments = substitute(arguments, configuration, secrets) or {}
    parameters = inspect.signature(func).parameters
    if "secrets" in provider and "secrets" in parameters:
        arguments["secrets"] = {}
        for scope in provider["secrets"]:
            arguments["secrets"].update(secrets.get(scope, {}))
    if "configuration" in parameters:
        arguments["configuration"] = dict(configuration)
    try:
        return func(**arguments)
    except Exception as error:
        message = traceback.format_exception_only(type(error), error)[0].strip()
        raise ActivityFailed(message).with_traceback(error.__traceback__)


def run_process(provider, configuration, secrets):
    arguments = provider.get("arguments")
    if configuration or secrets:
        arguments = substitute(arguments, configuration, secrets)
    path = shutil.which(provider["path"])
    if isinstance(arguments, str):
        command, shell = "%s %s" % (path, arguments), True
    else:
        flat = [part for pair in arguments.items() for part in pair] if isinstance(arguments, dict) else arguments
        command, shell = [path] + [str(part) for part in flat or [] if part not in (None, "")], False
    try:
        done = subprocess.run(
            command, shell=shell, timeout=provider.get("timeout"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    except subprocess.TimeoutExpired:
        raise ActivityFailed("process activity took too long to complete")
    return {
        "status": done.returncode, "stdout": decode_bytes(done.stdout), "stderr": decode_bytes(done.stderr)
    }


def run_http(provider, configuration, secrets):
    import json
    import ssl
    import urllib.error
    import urllib.parse
    import urllib.request

    filled = {
        key: substitute(provider.get(key), configuration, secrets) for key in ("url", "headers", "arguments", "timeout")
    }
    url, method, data = filled["url"], provider.get("method", "GET").upper(), filled["arguments"]
    headers, body = dict(filled["headers"] or {}), None
    if data and method == "GET":
        url += ("&" if "?" in url else "?") + urllib.parse.urlencode(
            {key: value for key, value in data.items() if value is not None}, doseq=True
        )
    elif data and headers.get("Content-Type") == "application/json":
        body = json.dumps(data).encode("utf-8")
    elif data:
        body = (data if isinstance(data, str) else urllib.parse.urlencode(data, doseq=True)).encode("utf-8")
    timeout = filled["timeout"][-1] if isinstance(filled["timeout"], list) else filled["timeout"]
    context = ssl._create_unverified_context() if provider.get("verify_tls") is False else None
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    try:
        answer = urllib.request.urlopen(request, timeout=timeout, context=context)
    except urllib.error.HTTPError as error:
        answer = error
    except OSError as error:
        raise ActivityFailed("failed to connect to %s: %s" % (url, error))
    with answer:
        content = answer.read()
        kind = answer.headers.get("Content-Type")
        text = content.decode(answer.headers.get_content_charset() or "utf-8", "replace")
        body = json.loads(text) if kind == "application/json" else text
        return {"status": answer.status, "headers": dict(answer.headers.items()), "body": body}


PROVIDERS = {"python": run_python, "process": run_process, "http": run_http}
