"""Every notebook runs from top to bottom, and is stored without output."""

import ast
import json
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib import pyplot

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))


def cells_of(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def run(source, names):
    """One cell as a notebook runs it: what its last line gives is put into words."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    if last is not None:
        repr(eval(compile(ast.Expression(last.value), "cell", "eval"), names))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_notebook_runs(path, monkeypatch):
    mpl.use("agg")
    monkeypatch.setattr(pyplot, "show", lambda: None)
    monkeypatch.chdir(path.parent)
    names = {"__name__": "__main__", "display": repr}
    try:
        for cell in cells_of(path):
            if cell["cell_type"] == "code":
                run("".join(cell["source"]), names)
    finally:
        pyplot.close("all")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_stripped_and_defines_nothing_reused(path):
    cells = cells_of(path)
    assert cells[0]["cell_type"] == "markdown", "begin with the question"
    for cell in cells:
        if cell["cell_type"] == "code":
            assert not cell["outputs"]
            assert cell["execution_count"] is None
