"""`python -m tests.audit`: known vulnerabilities of the locked packages, by pip-audit.

Exit 1 where advisory data names one; where they can't be reached one loud line says for how many
packages, and exit 0: a machine without them goes on.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
# Of a machine that nothing answers.
PATIENCE = 120
COMMAND = (
    *(sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--format", "json"),
    *("--progress-spinner", "off", "--timeout", "5", "--requirement"),
)


def judge(found: dict[str, Any]) -> tuple[list[str], list[str]]:
    """pip-audit's answer as lines for each known vulnerability, and the packages that advisory
    data said nothing of.

    `{"dependencies": [{"name", "version", "vulns": [{"id", "fix_versions"}]} or {"name",
    "skip_reason"}]}`, https://github.com/pypa/pip-audit#usage
    """
    known = [
        f"{package['name']} {package['version']}: {fault['id']}, "
        f"mended in {', '.join(fault['fix_versions']) or 'no release yet'}"
        for package in found["dependencies"]
        for fault in package.get("vulns", [])
    ]
    return known, [each["name"] for each in found["dependencies"] if "skip_reason" in each]


def main() -> int:
    try:
        answer = subprocess.run(
            [*COMMAND, str(ROOT / "requirements.txt")],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        found = json.loads(answer.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        sys.stderr.write("##### NOT AUDITED: no advisory data can be reached #####\n")
        return 0
    known, unread = judge(found)
    if unread:
        sys.stderr.write(
            f"##### NOT AUDITED: advisory data say nothing of {len(unread)} "
            f"of {len(found['dependencies'])} packages #####\n"
        )
    for line in known:
        sys.stderr.write(f"Known vulnerability: {line}\n")
    return 1 if known else 0


if __name__ == "__main__":
    sys.exit(main())
