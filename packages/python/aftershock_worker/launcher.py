"""Starts processes for Node: its own start copies the page tables of a big process, here it is a vfork.

Run as a script without packages and without `site`, so that it is up in a few milliseconds. Python 3.9 or newer on
Linux; anything else ends at once, and Node starts its processes itself. A socket, descriptor 3, carries frames both
ways: kind (a letter), id and length (4 bytes each, big-endian), then that many bytes.

From Node:  E  the environment of everything from now on: K=V, joined by NUL
            R  run: how many variables of its own, these as K=V, the file, the arguments; joined by NUL
            K  kill
            Q  run, and Node waits for the answer: over a pipe of its own, not the socket
            O  the pipes are open at the other end
To Node:    r  ready: the descriptors of the two pipes, which Node opens in /proc
            o, e  a piece of stdout, of stderr
            x  ended and both are read to their end, or it was killed: the exit code, minus the signal
            f  it could not be started
            w  later: the answer to Q takes longer, or is longer, than Node should wait; it comes over the socket
            s  a signal came to this process: the id is its number

When the socket ends, so does this process. What it started goes on, until the keeper of the run ends it.
"""

# What `signal` is made of: its enumerations would be a third of the start.
import _signal as signal
import os
import select
from struct import Struct
from time import monotonic

CHANNEL = 3
HEAD = Struct(">cII")
PIECE = 65536
PATIENCE = 20
WAIT_SECONDS = 0.005
# What a pipe takes in one piece.
ANSWER_BYTES = 4096
# As `subprocess`: Python ignores these, and what is ignored stays so in a child.
RESTORED = (signal.SIGPIPE, signal.SIGXFSZ)
FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)

poll = select.poll()
on = {}
jobs = {}
env = {}


class Job:
    __slots__ = ("id", "pid", "streams", "watch")

    def __init__(self, id, pid, streams):
        self.id = id
        self.pid = pid
        self.streams = streams
        self.watch = None


class Answer:
    """What Node waits for; `frames` is None while it does not."""

    frames = None
    pipe = -1
    deadline = 0.0

    def begin(self):
        self.frames = b""
        self.deadline = monotonic() + WAIT_SECONDS

    def add(self, frame, is_last):
        self.frames += frame
        if len(self.frames) > ANSWER_BYTES:
            self.postpone()
        elif is_last:
            frames, self.frames = self.frames, None
            os.write(self.pipe, frames)

    def postpone(self):
        frames, self.frames = self.frames, None
        os.write(self.pipe, HEAD.pack(b"w", 0, 0))
        send(frames)

    def wait_ms(self):
        return None if self.frames is None else max(0, (self.deadline - monotonic()) * 1000)


answer = Answer()


def main():
    os.set_inheritable(CHANNEL, False)
    wake, awake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(awake, False)
    for number in FORWARDED:
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(awake)
    os.close(os.pidfd_open(os.getpid()))
    listen(wake, forward)
    asked, ask = os.pipe()
    answered, answer.pipe = os.pipe()
    receive = {CHANNEL: receiver(CHANNEL, (ask, answered)), asked: receiver(asked, ())}
    for fd in receive:
        poll.register(fd, select.POLLIN)
    tell(b"r", 0, b"%d %d" % (ask, answered))
    while True:
        ready = [fd for fd, _ in poll.poll(answer.wait_ms())]
        for fd in ready:
            # Gone meanwhile: an earlier one closed it.
            if fd in on:
                on[fd](fd)
        if answer.frames is not None and monotonic() > answer.deadline:
            answer.postpone()
        # Last: what they start may be given the number of a descriptor that was closed above.
        for fd in ready:
            if fd in receive:
                receive[fd]()


def listen(fd, handle):
    on[fd] = handle
    poll.register(fd, select.POLLIN)


def close(fd):
    poll.unregister(fd)
    del on[fd]
    os.close(fd)


def tell(kind, id, payload):
    frame = HEAD.pack(kind, id, len(payload)) + payload
    if answer.frames is None or kind == b"s":
        send(frame)
    else:
        answer.add(frame, kind == b"x" or kind == b"f")


def send(frame):
    sent = os.write(CHANNEL, frame)
    while sent < len(frame):
        sent += os.write(CHANNEL, memoryview(frame)[sent:])


def forward(fd):
    for number in os.read(fd, PIECE):
        tell(b"s", number, b"")


def receiver(fd, ends):
    """Reads frames from `fd`. `ends`: of pipes, ours until Node has opened them."""
    rest = bytearray()

    def receive():
        got = os.read(fd, PIECE)
        if not got:
            os._exit(0)
        if not rest and len(got) >= HEAD.size:
            kind, id, length = HEAD.unpack_from(got)
            if kind == b"Q" and len(got) == HEAD.size + length:
                obey(kind, id, got[HEAD.size :])
                return
        rest.extend(got)
        while len(rest) >= HEAD.size:
            kind, id, length = HEAD.unpack_from(rest)
            end = HEAD.size + length
            if len(rest) < end:
                break
            payload = bytes(rest[HEAD.size : end])
            del rest[:end]
            if kind == b"O":
                for one in ends:
                    os.close(one)
            else:
                obey(kind, id, payload)

    return receive


def obey(kind, id, payload):
    if kind == b"R" or kind == b"Q":
        if kind == b"Q":
            answer.begin()
        count, *fields = payload.split(b"\0")
        run(id, pairs(fields[: int(count)]), fields[int(count) :])
    elif kind == b"E":
        env.clear()
        env.update(pairs(payload.split(b"\0")))
    elif id in jobs:
        os.kill(jobs[id].pid, signal.SIGKILL)
        watch(jobs[id])


def pairs(fields):
    for field in fields:
        name, _, value = field.partition(b"=")
        yield name, value


def run(id, own, argv):
    out, out_end = os.pipe()
    err, err_end = os.pipe()
    try:
        pid = os.posix_spawn(
            argv[0],
            argv,
            {**env, **dict(own)},
            file_actions=((os.POSIX_SPAWN_DUP2, out_end, 1), (os.POSIX_SPAWN_DUP2, err_end, 2)),
            setsigdef=RESTORED,
        )
    except (OSError, ValueError):
        os.close(out)
        os.close(err)
        tell(b"f", id, b"")
        return
    finally:
        os.close(out_end)
        os.close(err_end)
    job = jobs[id] = Job(id, pid, {out, err})
    listen(out, lambda fd: pump(job, b"o", fd))
    listen(err, lambda fd: pump(job, b"e", fd))


def pump(job, kind, fd):
    piece = os.read(fd, PIECE)
    if piece:
        tell(kind, job.id, piece)
        return
    close(fd)
    job.streams.discard(fd)
    if job.streams:
        return
    # A process closes its streams a moment before it is dead.
    for _ in range(PATIENCE):
        if reap(job):
            return
        os.sched_yield()
    watch(job)


def watch(job):
    """For a process that closed its streams and lives on, or was just killed."""
    if job.watch is None:
        job.watch = os.pidfd_open(job.pid)
        listen(job.watch, lambda _: reap(job))


def reap(job):
    pid, status = os.waitpid(job.pid, os.WNOHANG)
    if pid == 0:
        return False
    # Those that others hold open are of no interest: it was killed.
    for fd in job.streams:
        close(fd)
    if job.watch is not None:
        close(job.watch)
    del jobs[job.id]
    tell(b"x", job.id, b"%d" % os.waitstatus_to_exitcode(status))
    return True


try:
    main()
except BrokenPipeError:
    os._exit(0)
