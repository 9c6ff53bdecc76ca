"""Where mutmut works: a folder with a copy of the tree for each package, under build/mutants/."""

import filecmp
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterable
from contextlib import chdir, suppress
from dataclasses import dataclass
from pathlib import Path

from mutmut.mutation.diff_apply import get_diff_for_mutant

from tests.mutants.packages import PACKAGES, ROOT
from tests.mutants.scores import Mutant, listed_equivalents

BUILD = ROOT / "build" / "mutants"
PATCHED = Path(__file__).parent / "patched.py"
SOURCES = ("booon_console", "integration", "sellers")
# Made by `make setup`; pages want it to be there.
UNTRACKED = ("staticfiles",)
# The second collects garbage for a third of the time that a mutant takes.
ARGUMENTS = ("-p", "no:cacheprovider", "-p", "no:unraisableexception")
TAKES_TO_STOP = 30
# mutmut's own files beside the modules that it has changed.
MADE_BESIDE = (".meta", ".spans")
CONFIG = """[mutmut]
process_isolation = forkserver
use_git_change_detection = false
track_dependencies = false
source_paths = {sources}
only_mutate = {modules}
also_copy = {others}
pytest_add_cli_args = {arguments}
pytest_add_cli_args_test_selection = {tests}
"""


@dataclass(frozen=True)
class Trying:
    """How mutants are tried: so many at a time, until `until` (as of `time.monotonic`).

    Of a module that has more mutants than `sample`, only so many are tried; 0 means all.
    """

    workers: int
    until: float
    sample: int = 0
    seed: str = ""


class Workplace:
    """A folder in which mutmut mutates a copy of the tree, for one package on one database.

    With `own` for that module alone, and with the tests that are named after it.
    """

    def __init__(self, package: str, postgres: str = "", own: str = "") -> None:
        self.package = PACKAGES[package].narrowed(own) if own else PACKAGES[package]
        self.postgres = postgres
        name = f"{package}-{Path(own).stem}" if own else package
        self.path = BUILD / (f"{name}-postgresql" if postgres else name)

    def prepare(self) -> None:
        """The tree as it is now. What was tried and has not changed stays tried."""
        self.path.mkdir(parents=True, exist_ok=True)
        others = (*tracked_at_the_top(), *UNTRACKED)
        for name in (*SOURCES, "tests", *others):
            link = self.path / name
            link.unlink(missing_ok=True)
            link.symlink_to(ROOT / name)
        chosen = "postgres and not slow" if self.postgres else "not slow"
        config = CONFIG.format(
            sources=lines(SOURCES),
            modules=lines(self.package.paths()),
            others=lines(others),
            arguments=lines((*ARGUMENTS, "-m", chosen)),
            tests=lines(self.package.tests),
        )
        (self.path / "setup.cfg").write_text(config)
        self.drop_what_is_gone()
        self.forget_where_tests_changed()

    def drop_what_is_gone(self) -> None:
        """mutmut copies what is new; it leaves what was deleted, and data that has changed."""
        for name in (*SOURCES, "tests"):
            for copy in (self.path / "mutants" / name).rglob("*.*"):
                original = ROOT / copy.relative_to(self.path / "mutants")
                if copy.is_dir() or copy.suffix in MADE_BESIDE:
                    continue
                is_data = copy.suffix != ".py" and original.exists()
                if not original.exists() or is_data and not filecmp.cmp(copy, original):
                    copy.unlink()

    def forget_where_tests_changed(self) -> None:
        """Other tests may catch what has lived, and run through other functions."""
        digest, kept = digest_of_tests(self.package.tests), self.path / "tests.digest"
        if kept.exists() and kept.read_text() == digest:
            return
        (self.path / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
        for module in self.package.paths():
            meta = self.meta(module)
            tried = meta.get("exit_code_by_key", {})
            meta["exit_code_by_key"] = {
                name: None if self.may_be_caught(Mutant(name, code), module) else code
                for name, code in tried.items()
            }
            if tried:
                self.meta_path(module).write_text(json.dumps(meta))
        kept.write_text(digest)

    def may_be_caught(self, mutant: Mutant, module: str) -> bool:
        """It has lived, and is not listed as equivalent."""
        return mutant.has_lived and not self.is_equivalent(mutant, module)

    def is_equivalent(self, mutant: Mutant, module: str) -> bool:
        changed = self.diff(mutant, module).splitlines()[2:]
        line = " ".join(each[1:].strip() for each in changed if each.startswith("+"))
        return (f"{module}:{mutant.function}", line) in listed_equivalents()

    def run(self, patterns: Collection[str], trying: Trying) -> None:
        """Tries the mutants of these names that were not tried, until time runs out.

        Raises SystemExit when mutmut fails.
        """
        numbers = (str(trying.workers), str(trying.sample), trying.seed)
        command = [sys.executable, "-P", str(PATCHED), *numbers, *patterns]
        # Tests in the same sequence each time.
        variables = dict(os.environ) | {"TMPDIR": str(temporary()), "PYTHONHASHSEED": "0"}
        variables |= {"PYTHONPATH": str(PATCHED.parent)}
        variables |= {"TEST_DATABASE_URL": self.postgres} if self.postgres else {}
        log = self.path / "log"
        with log.open("w") as out:
            process = subprocess.Popen(
                command,
                cwd=self.path,
                env=variables,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
            code = wait(process, trying.until)
        if code:
            said = log.read_text()[-2000:]
            raise SystemExit(f"mutmut failed; its last words in {log}:\n{said}")

    def mutants(self, module: str) -> list[Mutant]:
        tried = self.meta(module).get("exit_code_by_key", {})
        return [Mutant(name, code) for name, code in tried.items()]

    def meta(self, module: str) -> dict[str, dict[str, int | None]]:
        path = self.meta_path(module)
        return json.loads(path.read_text()) if path.exists() else {}

    def meta_path(self, module: str) -> Path:
        return self.path / "mutants" / f"{module}.meta"

    def diff(self, mutant: Mutant, module: str) -> str:
        with chdir(self.path):
            return str(get_diff_for_mutant(mutant.name, path=module))


def wait(process: subprocess.Popen[bytes], until: float) -> int:
    """Its exit code; 0 as well when time ran out and it was ended, with all that it began."""
    try:
        return process.wait(max(1, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(TAKES_TO_STOP)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return 0


def lines(values: Iterable[str]) -> str:
    return "".join(f"\n    {value}" for value in values)


def tracked_at_the_top() -> list[str]:
    """Tests read the documents, the Makefile and more; mutmut takes pyproject.toml by itself."""
    names = {line.partition("/")[0] for line in git("ls-files").splitlines()}
    return sorted(names - {*SOURCES, "tests", "pyproject.toml", ".gitignore"})


def digest_of_tests(selected: Iterable[str]) -> str:
    """Of these files and folders, and of all that tests share."""
    chosen = [ROOT / path for path in selected]
    hashed = hashlib.sha256()
    for path in sorted((ROOT / "tests").rglob("*.py")):
        is_shared = not path.name.startswith("test_") and PATCHED.parent not in path.parents
        if is_shared or any(each == path or each in path.parents for each in chosen):
            hashed.update(path.read_bytes())
    return hashed.hexdigest()


def temporary() -> Path:
    path = BUILD / "tmp"
    path.mkdir(parents=True, exist_ok=True)
    return path


def git(*arguments: str) -> str:
    found = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return found.stdout if not found.returncode else ""
