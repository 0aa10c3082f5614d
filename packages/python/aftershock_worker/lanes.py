"""Who runs what: foreground calls on the main thread, so that a signal can end them; others on threads of their own."""
import ctypes
import queue
import signal
import threading

from aftershock_worker.errors import Cancelled, described


class Lanes:
    def __init__(self, channel):
        self._channel = channel
        self._main = threading.main_thread().ident
        self._jobs = queue.SimpleQueue()
        self._running = None
        self._queued = 0
        self._cancelled = set()
        self._threads = {}
        self._deferred = None
        channel.after_write = self._raise_deferred

    def run_until_closed(self):
        """The life of the main thread. An exception here came from a signal, just beside the call it was meant for."""
        while True:
            try:
                job = self._jobs.get()
                if job is None:
                    return
                self._queued -= 1
                self._run(job)
            except BaseException:
                self._running = None

    def close(self):
        self._jobs.put(None)

    def submit(self, number, work, lane):
        """`lane`: foreground, background, or any: the main thread unless it is busy."""
        if lane == "background" or (lane == "any" and (self._running is not None or self._queued)):
            thread = threading.Thread(target=self._run_beside, args=((number, work),), daemon=True)
            thread.start()
            return
        self._queued += 1
        self._jobs.put((number, work))

    def cancel(self, number):
        """Ends a call where it stands; what is deep in C code ends when it comes back from there."""
        self._cancelled.add(number)
        if self._running == number:
            wake_main(self._main)
            return
        thread = self._threads.get(number)
        if thread is not None:
            raise_in(thread, exited_exception())

    def is_cancelled(self):
        return self._running is not None and self._running in self._cancelled

    def is_busy(self):
        return self._running is not None

    def interrupt(self, error):
        """Called by signal handlers, on the main thread: ends the call that runs there, if any."""
        if self._running is None:
            return
        if self._channel.is_writing(self._main):
            self._deferred = error
            return
        raise error

    def _raise_deferred(self):
        if self._deferred is None or threading.get_ident() != self._main:
            return
        error, self._deferred = self._deferred, None
        if self._running is not None:
            raise error

    def _run(self, job):
        number, work = job
        try:
            try:
                self._running = number
                reply = {"error": described(Cancelled())} if number in self._cancelled else work()
            finally:
                self._running = None
                self._deferred = None
        except BaseException as error:
            self._running = None
            reply = {"error": described(error)}
        self._cancelled.discard(number)
        self._answer(number, reply)

    def _run_beside(self, job):
        number, work = job
        self._threads[number] = threading.get_ident()
        try:
            reply = work()
        except BaseException as error:
            reply = {"error": described(error)}
        finally:
            self._threads.pop(number, None)
            self._cancelled.discard(number)
        self._answer(number, reply)

    def _answer(self, number, reply):
        reply["id"] = number
        try:
            self._channel.send(reply)
        except ValueError as error:
            self._channel.send({"id": number, "error": described(error)})


def wake_main(ident):
    """A signal sent to the very thread interrupts a sleep in it; one to the process may wake another."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(ident, signal.SIGINT)
    else:
        import _thread

        _thread.interrupt_main()


def raise_in(thread, kind):
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(kind))


def exited_exception():
    """What the reference raises in background activities when a run ends at once."""
    from chaoslib.exceptions import ExperimentExitedException

    return ExperimentExitedException
