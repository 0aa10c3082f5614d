"""Doing something right after a module was imported, by whoever needs it first: nothing is imported in vain."""
import importlib.abc
import importlib.util
import sys


class AfterImport(importlib.abc.MetaPathFinder):
    """`actions`: module name → called once with the module."""

    def __init__(self, actions):
        self._actions = dict(actions)

    def install(self):
        for name in list(self._actions):
            if name in sys.modules:
                self._actions.pop(name)(sys.modules[name])
        sys.meta_path.insert(0, self)

    def find_spec(self, name, path=None, target=None):
        action = self._actions.pop(name, None)
        if action is None:
            return None
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            spec.loader = ActingLoader(spec.loader, action)
        return spec


class ActingLoader(importlib.abc.Loader):
    def __init__(self, loader, action):
        self._loader = loader
        self._action = action

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        self._loader.exec_module(module)
        module.__spec__.loader = self._loader
        self._action(module)

    def __getattr__(self, name):
        return getattr(self._loader, name)
