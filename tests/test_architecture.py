"""Rules of construction that the import contract cannot express, checked file by file."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(
    path
    for top in ("imis_ai", "retention")
    for path in (ROOT / top).rglob("*.py")
    if "migrations" not in path.parts
)
CLOCK_ALLOWED = {"tasks.py", "views.py", "api.py", "webhooks.py", "bench.py", "context.py", "middleware.py"}
SHELLS = {"views", "api", "admin", "management", "sandbox", "ops"}
CLOCK = re.compile(r"timezone\.(now|localdate)\(|date\.today\(|datetime\.(now|utcnow)\(")
ORM_WRITE = re.compile(r"\.(bulk_create|bulk_update|get_or_create|update_or_create)\(|objects\.create\(")
WRITE_FREE = {"views.py", "api.py", "forms.py", "serializers.py", "tasks.py", "wiring.py"}


def each(paths):
    """One test per file, named by its path."""
    return pytest.mark.parametrize("path", paths, ids=lambda path: str(path.relative_to(ROOT)))


def source(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@each(FILES)
def test_a_file_is_short_and_so_are_its_functions(path):
    lines = path.read_text().count("\n")
    functions = [
        node for node in ast.walk(source(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = {f.name: f.end_lineno - f.lineno + 1 for f in functions if f.end_lineno - f.lineno >= 60}

    assert lines <= 400, "split it by noun into a package of the same name"
    assert long == {}, "a function over 60 lines does more than one thing"


@each([p for p in FILES if p.name not in CLOCK_ALLOWED and not SHELLS & set(p.parts)])
def test_only_shells_read_the_clock(path):
    assert CLOCK.findall(path.read_text()) == [], "take `now` or `as_of` as an argument"


@each([p for p in FILES if p.name in WRITE_FREE or {"queries", "views", "admin"} & set(p.parts)])
def test_shells_and_queries_write_nothing(path):
    assert ORM_WRITE.findall(path.read_text()) == [], "writes belong to actions"


@each([p for p in FILES if p.name == "actions.py" or "actions" in p.parts])
def test_public_actions_take_keywords_only(path):
    public = [n for n in source(path).body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")]

    assert [f.name for f in public if f.args.args or f.args.posonlyargs] == [], "put `*` first"


@each([p for p in FILES if p.name not in {"__init__.py", "apps.py"}])
def test_a_module_says_what_it_is_for(path):
    assert ast.get_docstring(source(path)), "start with one line on the purpose"


def test_nothing_is_called_utils():
    assert [p for p in FILES if p.stem in {"utils", "helpers", "misc", "common"}] == []


TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
ONE_TAG = re.compile(r"\s*\{%[^%]*%\}$")  # Django cannot break it


@each(TEMPLATES)
def test_a_template_is_written_in_lines_that_can_be_read(path):
    long = [line for line in path.read_text().splitlines() if len(line) > 120 and not ONE_TAG.match(line)]

    assert long == []
