"""Looking at what is installed: `chaos discover`, `chaos info extensions`."""
import importlib
import inspect
import subprocess
import sys
from importlib import metadata


class DiscoveryFailed(Exception):
    """The message is the reference's."""


def installed():
    """Installed distributions named chaostoolkit-*, except the library itself."""
    found = {}
    for distribution in metadata.distributions():
        info = distribution.metadata
        name = info["Name"]
        if not name or not name.startswith("chaostoolkit-") or name == "chaostoolkit-lib":
            continue
        found.setdefault(
            name,
            {
                "name": name,
                "version": info["Version"] or "",
                "summary": info["Summary"] or "",
                "license": info["License"] or info.get("License-Expression") or "",
            },
        )
    return list(found.values())


def discover(package, installs, includes_system):
    """Calls the extension's own `discover`; `installs` fetches the package into this environment first."""
    if installs:
        install(package)
    module_name = import_name(package)
    try:
        module = importlib.import_module(module_name)
    except ImportError:
        raise DiscoveryFailed("could not load Python module '%s'" % module_name)
    func = getattr(module, "discover", None)
    if not inspect.isfunction(func):
        raise DiscoveryFailed("package '%s' does not export a `discover` function" % module.__name__)
    return func(discover_system=includes_system)


def install(package):
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "-U", package],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    if done.returncode != 0:
        lines = done.stdout.decode("utf-8", "replace").strip().splitlines()
        raise DiscoveryFailed("failed to install `%s`: %s" % (package, lines[-1] if lines else "pip said nothing"))
    importlib.invalidate_caches()


def import_name(package):
    """The module that a distribution brings; its name need not be the distribution's."""
    try:
        distribution = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        raise DiscoveryFailed("Package %s not found" % package)
    listed = (distribution.read_text("top_level.txt") or "").split()
    if not listed:
        listed = [
            file.parts[0] for file in distribution.files or []
            if len(file.parts) > 1 and file.name == "__init__.py"
        ]
    if not listed:
        raise DiscoveryFailed(
            "Distribution %s exists but no top-level package name could be determined" % package
        )
    return listed[0]
