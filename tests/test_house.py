"""The house stands as docs/architecture.md draws it: floors, strangers, no cycles, and an import that costs nothing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import secureprofile

PACKAGE = Path(secureprofile.__file__).parent
ROOT = PACKAGE.parent
FLOORS = [
    {"errors", "vocabulary", "released", "version"},
    {"policy"},
    {"guard", "consent", "portrait", "dp", "anonymity", "audit", "report"},
    {"adapters"},
    {"flows"},
    {"rights"},
    {"session"},
    {"workspace"},
    {"cli"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def modules() -> dict[str, Path]:
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in PACKAGE.rglob("*.py")
    }


def imports(path: Path) -> set[str]:
    """All secureprofile modules that a module imports, at any depth of its code; type-checking blocks included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: a relative import"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name for name in names if name in MODULES} or {node.module}
    return {name for name in found if name.split(".")[0] == "secureprofile"}


MODULES = modules()
GRAPH = {name: imports(path) for name, path in MODULES.items()}


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


@pytest.mark.parametrize("module", sorted(name for name in MODULES if name != "secureprofile"))
def test_imports_point_down(module: str) -> None:
    for other in GRAPH[module]:
        if room(other) == room(module):
            continue
        assert room(other), f"{module} imports its parent's __init__"
        lower = FLOOR[room(other)] < FLOOR[room(module)] or FLOOR[room(module)] == 0
        assert lower, f"{module} imports {other}, which is not on a lower floor"


def test_no_cycles() -> None:
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " → ".join((*path[path.index(module) :], module))
        if module in done:
            return
        for other in GRAPH.get(module, ()):
            visit(other, (*path, module))
        done.add(module)

    for module in GRAPH:
        if module != "secureprofile":
            visit(module, ())


def test_pure_rooms_do_not_touch_the_world() -> None:
    forbidden = {
        "os",
        "sys",
        "time",
        "random",
        "secrets",
        "socket",
        "subprocess",
        "tempfile",
        "shutil",
        "pathlib",
        "duckdb",
    }
    for name, path in MODULES.items():
        if room(name) and FLOOR[room(name)] <= 2:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            used = {a.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
            used |= {n.module.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
            assert not used & forbidden, f"{name} imports {used & forbidden}"


def test_public_names_exist() -> None:
    for name in secureprofile.__all__:
        assert getattr(secureprofile, name) is not None


@pytest.mark.parametrize("command", ["import secureprofile", "from secureprofile.cli.main import app"])
def test_importing_loads_nothing_heavy(command: str) -> None:
    heavy = {
        "pandas",
        "presidio_analyzer",
        "pyspark",
        "spacy",
        "duckdb",
        "ibis",
        "sqlalchemy",
        "sklearn",
        "numpy",
        "pydantic",
    }
    code = f"{command}; import sys; print(' '.join(sorted(m for m in sys.modules if '.' not in m)))"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    assert not loaded & heavy


def test_modules_stay_small() -> None:
    for name, path in MODULES.items():
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 480, name
