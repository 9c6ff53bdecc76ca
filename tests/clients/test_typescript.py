"""The TypeScript client as a package: what it says of itself, and that its types are the API's."""

import json
import re
import subprocess

import booon_console_client
import pytest

from booon_console.version import VERSION as CONSOLE
from tests.clients import typescript
from tests.kept_schema import KEPT

FOLDER = typescript.FOLDER
PACKAGE = json.loads((FOLDER / "package.json").read_text())
LOCK = json.loads((FOLDER / "package-lock.json").read_text())


def said(name):
    text = (FOLDER / "src" / "version.ts").read_text()
    return re.search(rf'export const {name} = "([^"]+)";', text)[1]


def test_version_is_the_same_wherever_it_stands():
    newest, *_ = re.findall(
        r"^## (\S+) – \d{4}-\d\d-\d\d$", (FOLDER / "CHANGELOG.md").read_text(), re.M
    )

    assert said("VERSION") == PACKAGE["version"] == LOCK["version"] == newest


def test_both_clients_say_the_console_that_they_were_made_for():
    console = CONSOLE.removesuffix(".dev0")

    assert said("CONSOLE_VERSION") == booon_console_client.CONSOLE_VERSION == console


def test_nothing_is_needed_at_run_time_and_the_lock_names_no_address_of_a_registry():
    assert "dependencies" not in PACKAGE
    locked = [each for each in LOCK["packages"].values() if "resolved" in each]
    assert locked == []
    assert all(each.get("dev") for path, each in LOCK["packages"].items() if path)


@pytest.mark.slow
def test_types_are_what_the_generator_makes_of_the_kept_description(tmp_path):
    typescript.node()
    made = tmp_path / "api.ts"
    generator = FOLDER / "node_modules" / ".bin" / "openapi-typescript"
    command = [generator, KEPT, "--default-non-nullable", "false", "--output", made]

    subprocess.run(command, check=True, capture_output=True, timeout=200)

    kept = (FOLDER / "src" / "api.ts").read_text()
    assert made.read_text() == kept, "npm --prefix clients/typescript run types"
    assert "--default-non-nullable false" in PACKAGE["scripts"]["types"]


@pytest.mark.slow
@pytest.mark.parametrize("charge", ["NaN", "Infinity"])
def test_number_that_json_has_not_is_refused_before_anything_is_sent(charge):
    """Its address answers to nobody: what was sent would be `Unreachable`."""
    script = (
        f'import {{ Client }} from "{typescript.BUILT}";\n'
        'const booon = new Client("http://127.0.0.1:9", "key");\n'
        f'await booon.putOrder("acme", "BN-1", {{ shipping_charge: {charge} }})\n'
        "  .catch((problem) => console.log(`${problem.name}: ${problem.message}`));\n"
    )

    ended = subprocess.run(
        [typescript.node(), "--input-type=module", "-e", script],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert ended.stdout.strip() == "RangeError: shipping_charge is no finite number."
