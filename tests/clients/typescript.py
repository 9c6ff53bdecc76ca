"""The TypeScript client, built where Node is; where it is not, that is said in one loud line."""

import shutil
import subprocess
from functools import cache

import pytest
from django.conf import settings

FOLDER = settings.BASE_DIR / "clients" / "typescript"
BUILT = FOLDER / "dist" / "src" / "index.js"
LACKING = "THE TYPESCRIPT CLIENT IS NOT TESTED: `npm ci --prefix clients/typescript` was not run"


@cache
def node() -> str:
    """The path of Node, with the client built. Skips the test where there is none."""
    found, compiler = shutil.which("node"), FOLDER / "node_modules" / ".bin" / "tsc"
    if found is None or not compiler.exists():
        pytest.skip(LACKING)
    built = subprocess.run([compiler], cwd=FOLDER, capture_output=True, text=True, timeout=300)
    assert built.returncode == 0, built.stdout
    return found
