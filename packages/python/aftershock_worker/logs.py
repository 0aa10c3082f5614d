"""What extensions log goes to the host, which has the console and the log file."""
import logging
import sys
import types


def install(channel, level):
    logger = logging.getLogger("chaostoolkit")
    logger.setLevel(level)
    logger.propagate = False
    logger.handlers = [HostHandler(channel)]
    stand_in_for_logzero(logger)


def stand_in_for_logzero(logger):
    """Older extensions import their logger from logzero, installed or not; the reference replaces it as well."""
    module = types.ModuleType("logzero")
    module.logger = logger
    sys.modules["logzero"] = module


class HostHandler(logging.Handler):
    def __init__(self, channel):
        super().__init__()
        self._channel = channel

    def emit(self, record):
        try:
            message = record.getMessage()
            if record.exc_info:
                message += "\n" + logging.Formatter().formatException(record.exc_info)
        except Exception as error:  # a log call whose arguments do not fit its text
            message = "%s (%s)" % (record.msg, error)
        self._channel.send(
            {
                "event": "log",
                "level": record.levelname.lower(),
                "message": message[:100_000],
                "module": record.module,
                "line": record.lineno,
            }
        )
