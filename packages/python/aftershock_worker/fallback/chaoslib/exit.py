"""Ending the run from an extension: a signal to this process, which tells the host."""
import logging
import os
import signal

__all__ = ["exit_gracefully", "exit_ungracefully"]


def exit_gracefully():
    """Ends the run; rollbacks as the strategy says."""
    _send("SIGUSR1")


def exit_ungracefully():
    """Ends the run at once, without rollbacks."""
    _send("SIGUSR2")


def _send(name):
    if not hasattr(signal, name):
        logging.getLogger("chaostoolkit").error("Cannot end the run: %s is not available on your platform", name)
        return
    os.kill(os.getpid(), getattr(signal, name))
