"""A control that tells each of its calls, and does what its argument `do` says at the one that `at` names."""
import os
import sys

from chaoslib.exceptions import InterruptExecution


def tell(words):
    with open(os.environ["HOOKLOG"], "a") as log:
        log.write(words + "\n")


def act(hook, name, at, do, context, state):
    what = context.get("name") or context.get("title") if isinstance(context, dict) else "source"
    tell(f"{name} {hook} {what} {type(state).__name__}")
    if hook != at:
        return
    if do == "raise":
        raise ValueError("a control raises")
    if do == "interrupt":
        raise InterruptExecution("a control interrupts")
    if do == "exit":
        sys.exit(1)
    if do == "rename" and isinstance(context, dict):
        context["seen"] = True
    if do == "status" and isinstance(state, dict):
        state["status"] = "failed"
    if do == "output" and isinstance(state, dict):
        state["output"] = 42
    if do == "drop" and isinstance(context, dict):
        context.pop("controls", None)


def configure_control(configuration=None, secrets=None, name="?", at=None, do=None, **rest):
    tell(f"{name} configure {sorted(configuration or {})} {sorted(rest)}")
    if at == "configure" and do == "raise":
        raise ValueError("configure raises")


def cleanup_control():
    tell("cleanup")


def before_experiment_control(context, name="?", at=None, do=None, state=None, **rest):
    act("before experiment", name, at, do, context, state)


def after_experiment_control(context, name="?", at=None, do=None, state=None, **rest):
    act("after experiment", name, at, do, context, state)


def before_hypothesis_control(context, name="?", at=None, do=None, state=None, **rest):
    act("before hypothesis", name, at, do, context, state)


def after_hypothesis_control(context, name="?", at=None, do=None, state=None, **rest):
    act("after hypothesis", name, at, do, context, state)


def before_method_control(context, name="?", at=None, do=None, state=None, **rest):
    act("before method", name, at, do, context, state)


def after_method_control(context, name="?", at=None, do=None, state=None, **rest):
    act("after method", name, at, do, context, state)


def before_rollback_control(context, name="?", at=None, do=None, state=None, **rest):
    act("before rollback", name, at, do, context, state)


def after_rollback_control(context, name="?", at=None, do=None, state=None, **rest):
    act("after rollback", name, at, do, context, state)


def before_activity_control(context, name="?", at=None, do=None, state=None, experiment=None, extensions=None, settings=None, **rest):
    act("before activity", name, at, do, context, state)


def after_activity_control(context, name="?", at=None, do=None, state=None, configuration=None, secrets=None, **rest):
    act("after activity", name, at, do, context, state)
    if do == "configure" and isinstance(configuration, dict):
        configuration["a"] = "changed"
