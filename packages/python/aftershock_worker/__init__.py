"""The Python side of Aftershock: runs providers and controls of the Chaos Toolkit for a host in Node.

Standard library only, Python 3.8 or newer. One process a run, so that what an extension keeps in its modules
(counters, sessions, registered handlers) lives from the first call to the last.
"""
