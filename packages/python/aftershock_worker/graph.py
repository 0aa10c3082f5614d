"""The part of the host's document that hooks see: experiment, configuration, journal ...

The host owns it. Both sides know each dict and list by a number, even ones given by the host, odd ones by us, so
that one object seen from two places stays one object, and a hook that keeps a dict sees later changes in it.
Each side sends the nodes that differ from what the other has seen last.
"""
from aftershock_worker.values import decode, encode

PLAIN = (str, int, float, bool, type(None))


class Graph:
    def __init__(self, handles):
        self._handles = handles
        self._nodes = {}
        self._ids = {}
        self._seen = {}
        self._next = 1

    def node(self, number):
        return self._nodes[number]

    def value(self, wire):
        return decode(wire, self._handles, self.node)

    def apply(self, changes):
        """Takes the host's changes: [id, "d" or "l", content] each; contents may name nodes of the same list."""
        for number, kind, _ in changes:
            if number not in self._nodes:
                self._keep(number, {} if kind == "d" else [])
        for number, kind, content in changes:
            target = self._nodes[number]
            items = [self.value(item) for item in content]
            if kind == "d":
                target.clear()
                target.update(zip(items[0::2], items[1::2]))
            else:
                target[:] = items
            self._seen[number] = flatten(target)

    def changes(self, roots):
        """What differs from what the host has, in everything that the roots lead to."""
        found = []
        visited = set()
        waiting = [root for root in roots if isinstance(root, (dict, list))]
        while waiting:
            here = waiting.pop()
            number = self._ids.get(id(here))
            if number is None:
                number = self._next
                self._next += 2
                self._keep(number, here)
            if number in visited:
                continue
            visited.add(number)
            flat = flatten(here)
            waiting.extend(item for item in flat if isinstance(item, (dict, list)))
            if not same(flat, self._seen.get(number)):
                found.append((number, here, flat))
        # Only now does every child have its number.
        return [self._change(*one) for one in found]

    def wire(self, value):
        """A node by its number; it has one after `changes` has seen it."""
        number = self._ids.get(id(value)) if isinstance(value, (dict, list)) else None
        return encode(value, self._handles) if number is None else {"n": number}

    def _change(self, number, here, flat):
        self._seen[number] = flat
        return [number, "d" if isinstance(here, dict) else "l", [self.wire(item) for item in flat]]

    def _keep(self, number, value):
        self._nodes[number] = value
        self._ids[id(value)] = number


def flatten(container):
    if isinstance(container, dict):
        return [part for pair in list(container.items()) for part in pair]
    return list(container)


def same(now, before):
    if before is None or len(now) != len(before):
        return False
    for a, b in zip(now, before):
        if a is not b and not (type(a) is type(b) and isinstance(a, PLAIN) and a == b):
            return False
    return True
