"""JSON lines over two descriptors of our own: extensions print, so stdin and stdout stay theirs."""
import collections
import json
import os
import threading

REQUESTS_FD = 3
REPLIES_FD = 4
READ_BYTES = 1 << 16
LINE_BYTES_MAX = 256 << 20


class Channel:
    """Written to from every thread and from signal handlers, read by one thread."""

    def __init__(self):
        # A process that an extension starts must not hold the pipes open after us.
        os.set_inheritable(REQUESTS_FD, False)
        os.set_inheritable(REPLIES_FD, False)
        self._waiting = collections.deque()
        self._lock = threading.Lock()
        self._writer = None
        self.after_write = lambda: None

    def requests(self):
        """Yields each request, until the host closes its end."""
        rest = b""
        while True:
            read = os.read(REQUESTS_FD, READ_BYTES)
            if not read:
                return
            if b"\n" not in read:
                rest += read
                continue
            lines = (rest + read).split(b"\n")
            rest = lines.pop()
            for line in lines:
                yield json.loads(line)

    def send(self, message):
        """Writes a whole line. A host that is gone is no error here: the reader sees the end of file."""
        line = json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n"
        if len(line) > LINE_BYTES_MAX:
            raise ValueError("a value of %d bytes is larger than the limit of %d" % (len(line), LINE_BYTES_MAX))
        self._waiting.append(line)
        # Whoever holds the lock writes what others add, so that a handler never waits for its own thread.
        while self._waiting and self._lock.acquire(blocking=False):
            self._writer = threading.get_ident()
            try:
                while self._waiting:
                    write_all(self._waiting.popleft())
            except OSError:
                self._waiting.clear()
            finally:
                self._writer = None
                self._lock.release()
        self.after_write()

    def is_writing(self, thread):
        """Whether that thread is in the middle of a line, where no exception may come from a signal."""
        return self._writer == thread


def write_all(line):
    view = memoryview(line)
    while view:
        view = view[os.write(REPLIES_FD, view):]
