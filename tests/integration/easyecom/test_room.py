import ast
import subprocess
import sys
from pathlib import Path

from integration import easyecom

ROOM = Path(easyecom.__file__).parent


def test_the_room_loads_without_django() -> None:
    asked = "import integration.easyecom, sys; print('django' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, cwd=ROOM.parents[1])
    assert (told.stdout.strip(), told.returncode) == (b"False", 0)


def test_the_room_imports_nothing_of_the_house() -> None:
    foreign = {
        f"{module.name}: {node.module}"
        for module in ROOM.glob("*.py")
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module and "integration" in node.module
        if not node.module.startswith("integration.easyecom")
        and not (node.module == "integration" and node.names[0].name == "easyecom")
    }
    assert foreign == set()


def test_everything_offered_is_there() -> None:
    assert list(easyecom.__all__) == sorted(easyecom.__all__)
    assert [name for name in easyecom.__all__ if not hasattr(easyecom, name)] == []
