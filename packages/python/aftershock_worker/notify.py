"""Notification channels of type `plugin`: a function of (channel, event). Failures are only logged."""
import importlib
import inspect
import logging

logger = logging.getLogger("chaostoolkit")


def notify(channel, event):
    name = channel.get("func", "notify")
    try:
        module = importlib.import_module(channel.get("module"))
    except ImportError:
        logger.debug("could not find Python plugin '%s' for notification", channel.get("module"))
        return
    func = getattr(module, name, None)
    if not inspect.isfunction(func):
        logger.debug("could not find function '%s' in plugin '%s' for notification", name, module.__name__)
        return
    try:
        func(channel, event)
    except Exception:
        logger.debug("failed calling notification plugin", exc_info=True)
