"""Started by the host with two pipes: requests come in on descriptor 3, replies and events leave on 4."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def load_own_package():
    """Our modules are found beside this file, and our folder is no place for extensions to import from."""
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) != HERE or entry == ""]
    sys.path.insert(0, os.path.dirname(HERE))
    try:
        from aftershock_worker import worker
    finally:
        del sys.path[0]
    return worker


if __name__ == "__main__":
    load_own_package().main(os.path.join(HERE, "fallback"))
