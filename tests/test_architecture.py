"""The arrows between layers point one way, and only the edges touch Streamlit, the network and the screen."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "lithoscope"
MODULES = sorted(SOURCE.rglob("*.py"))
ALLOWED = {
    "domain": {"domain"},
    "methods": {"domain", "methods"},
    "sources": {"domain", "sources"},
    "locale": {"locale"},
    "pipelines": {"domain", "locale", "methods", "sources", "pipelines"},
    "app": {"domain", "locale", "methods", "pipelines", "app"},
    "cli": {"domain", "methods", "pipelines"},
    "__init__": set(),
}
NETWORK = {"urllib.request", "http.client", "requests", "httpx", "aiohttp", "socket", "ftplib"}
FORBIDDEN_NAMES = {"utils", "helpers", "common", "constants"}


def layer(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_module_keeps_its_place(path):
    names = imported(path)
    ours = {name.split(".")[1] for name in names if name.startswith("lithoscope.") and name.count(".")}
    outward = {name for name in ours - ALLOWED[layer(path)] if (SOURCE / name).is_dir() or name == "cli"}
    assert not outward, f"imports {outward}"
    if layer(path) != "app":
        assert not {name for name in names if name.split(".")[0] == "streamlit"}
    if layer(path) != "sources":
        assert not names & NETWORK
    assert path.stem not in FORBIDDEN_NAMES


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_module_is_small_and_says_what_it_is(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 550, "split it by topic"
    assert ast.get_docstring(ast.parse(text)), "no docstring"


@pytest.mark.parametrize(
    "path", [p for p in MODULES if layer(p) != "cli"], ids=lambda p: str(p.relative_to(SOURCE))
)
def test_only_the_command_line_prints(path):
    calls = [
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    ]
    assert not [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
