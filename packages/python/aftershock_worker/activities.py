"""Python activities: a function of an importable module, called with named arguments."""
import importlib
import inspect
import types

from aftershock_worker.errors import activity_failed, described


class Invalid(Exception):
    """The activity cannot work; the message is the reference's."""


def validate(activity):
    """Imports the module, as the reference does, and binds the arguments. Returns what is wrong, or None."""
    try:
        check(activity, activity["provider"])
    except Invalid as problem:
        return str(problem)
    return None


def check(activity, provider):
    name, module_name, func_name = activity["name"], provider.get("module"), provider.get("func")
    if not module_name:
        raise Invalid("a Python activity must have a module path")
    if not func_name:
        raise Invalid("a Python activity must have a function name")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        message = "could not find Python module '%s' in activity '%s'" % (module_name, name)
        raise Invalid(message + reason(error, module_name))
    except Exception as error:
        raise Invalid(
            "Python module '%s' in activity '%s' cannot be imported: %s: %s"
            % (module_name, name, type(error).__name__, error)
        )
    func = getattr(module, func_name, None) if func_name in dir(module) else None
    # A class or another callable is refused: the reference looks for functions only.
    if not isinstance(func, (types.FunctionType, types.BuiltinFunctionType)):
        raise Invalid(
            "The python module '%s' does not expose a function called '%s' in %s '%s'"
            % (module_name, func_name, activity.get("type"), name)
        )
    check_arguments(name, func, provider.get("arguments", {}))


def reason(error, module_name):
    """An import that fails further down, in the module itself, says so."""
    missing = getattr(error, "name", None)
    if missing is None or module_name == missing or module_name.startswith(missing + "."):
        return ""
    return " (%s)" % error


def check_arguments(name, func, arguments):
    if not isinstance(arguments, dict):
        raise Invalid("the arguments of activity '%s' must be an object" % name)
    try:
        signature = inspect.signature(func)
    except ValueError as error:
        raise Invalid("the function of activity '%s' tells no signature: %s" % (name, error))
    given = dict(arguments)
    for special in ("secrets", "configuration"):
        if special in signature.parameters:
            given[special] = None
    try:
        signature.bind(**given)
    except TypeError as error:
        message = str(error)
        if "missing" in message and ":" in message:
            argument = message.rsplit(":", 1)[1].strip()
            raise Invalid("required argument %s is missing from activity '%s'" % (argument, name))
        if "unexpected" in message:
            argument = message.rsplit(" ", 1)[1].strip()
            raise Invalid("argument %s is not part of the function signature in activity '%s'" % (argument, name))
        raise Invalid("the arguments of activity '%s' do not fit the function: %s" % (name, message))


def call(request, value, encoded, around):
    """Runs one activity.

    `value` and `encoded` turn wire forms into values and back; `around` is a context manager that makes the
    activity's trace the current one. Any `Exception` of the function is ActivityFailed; one of the import, or of
    the signature, is not: the reference lets the run abort there.
    """
    try:
        func = getattr(importlib.import_module(request["module"]), request["func"])
        arguments = dict(value(request["arguments"]))
        parameters = inspect.signature(func).parameters
    except Exception as error:
        return {"error": described(error, "crashed")}
    for special in ("secrets", "configuration"):
        if special in request and special in parameters:
            arguments[special] = value(request[special])
    try:
        with around:
            result = func(**arguments)
    except Exception as error:
        return {"error": activity_failed(error)}
    return {"ok": encoded(result)}
