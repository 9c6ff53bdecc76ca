"""What is mutated, and the tests that each mutant of it has to pass."""

from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent


class Package(NamedTuple):
    modules: tuple[str, ...]
    tests: tuple[str, ...]
    # Locks and SQL of ours: what lives on SQLite is tried there as well.
    on_postgresql: bool = False

    def paths(self) -> list[str]:
        found = {path for pattern in self.modules for path in ROOT.glob(pattern)}
        return sorted(str(path.relative_to(ROOT)) for path in found if path.stem != "__init__")

    def narrowed(self, module: str) -> "Package":
        """One module with the tests that are named after it; with all where none is."""
        pattern, named = f"test_{Path(module).stem}*.py", set[Path]()
        for path in (ROOT / each for each in self.tests):
            named.update(path.rglob(pattern) if path.is_dir() else [])
            named.update([path] if path.match(pattern) else [])
        tests = tuple(sorted(str(path.relative_to(ROOT)) for path in named))
        return self._replace(modules=(module,), tests=tests or self.tests)


def mirrored(name: str, *more: str, on_postgresql: bool = False) -> Package:
    """A package of `integration/` with its folder of tests, and more that is about it."""
    tests = (f"tests/integration/{name}", *more)
    return Package((f"integration/{name}/*.py",), tests, on_postgresql)


PACKAGES = {
    "sync": mirrored("sync", on_postgresql=True),
    "orders": mirrored("orders", "tests/integration/test_deadlocks.py", on_postgresql=True),
    "onboarding": mirrored("onboarding"),
    "catalog": mirrored("catalog", on_postgresql=True),
    "webhooks": mirrored("webhooks", on_postgresql=True),
    "feed": mirrored("feed", on_postgresql=True),
    "easyecom": mirrored("easyecom"),
    "scopes": Package(
        (
            "sellers/locks.py",
            "sellers/passkeys.py",
            "sellers/scope.py",
            "sellers/second_factor.py",
            "sellers/sessions.py",
            "booon_console/access.py",
            "integration/api/authentication.py",
            "integration/models/keys.py",
        ),
        (
            "tests/sellers",
            "tests/booon_console/test_access.py",
            "tests/booon_console/test_given_passwords.py",
            "tests/booon_console/test_log_in.py",
            "tests/booon_console/test_sessions.py",
            "tests/integration/admin/sellers/test_passkeys.py",
            "tests/integration/admin/sellers/test_second_step.py",
            "tests/integration/api/test_keys.py",
            "tests/integration/api/test_scope.py",
        ),
        on_postgresql=True,
    ),
}


def path_of(module: str) -> str:
    """`sync/leases` and `sellers/scope` stand for paths as well."""
    names = (module, f"{module}.py", f"integration/{module}.py")
    return next((name for name in names if package_of(name)), module)


def package_of(module: str) -> str | None:
    """The name of the package that a module, given by its path, is measured with."""
    return next((name for name, package in PACKAGES.items() if module in package.paths()), None)
