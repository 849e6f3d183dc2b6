"""What the import contracts cannot say about the house. Reads the files, imports nothing."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "moorage"
MAX_LINES = 400
MAY_CATCH_ALL = (
    "moorage/instances/inside.py",
    "moorage/openstack/threads.py",
    "moorage/operations/duties.py",
    "moorage/operations/runner.py",
    "moorage/web/errors.py",
)
# In pieces, so that this file does not hold what it looks for.
REGISTRY_HOSTS = (
    "pypi" + ".org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "deb." + "debian.org",
    "security." + "debian.org",
)


def test_every_module_begins_with_a_sentence_and_has_at_most_400_lines() -> None:
    wrong = [
        name
        for name, tree in modules("moorage", "tests", "scripts", "bench")
        if not (ast.get_docstring(tree) or "").strip() or lines_of(name) > MAX_LINES
    ]

    assert wrong == []


def test_only_the_database_kit_commits() -> None:
    commits = [
        where(name, call)
        for name, tree in modules("moorage")
        for call in calls(tree)
        if dotted(call.func).endswith(".commit")
    ]

    assert {place.split(":")[0] for place in commits} <= {"moorage/kit/db.py"}, commits


def test_the_kinds_of_operation_that_are_queued_are_those_that_have_a_job() -> None:
    kinds = {
        text(call.args[1])  # None, and so no job's, where the kind is not written out
        for _, tree in modules("moorage")
        for call in calls(tree)
        if dotted(call.func) == "operations.enqueue"
    }

    assert kinds == jobs()


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        name
        for name, tree in modules("moorage")
        for node in ast.walk(tree)
        if dotted(node) in {"os.environ", "os.getenv", "os.environb"}
        or (isinstance(node, ast.ImportFrom) and node.module == "os")
    }

    assert readers <= {"moorage/config.py"}


def test_no_string_reaches_a_shell() -> None:
    shells = [
        where(name, call)
        for name, tree in modules("moorage", "scripts", "bench", "tests")
        for call in calls(tree)
        if dotted(call.func).endswith(("create_subprocess_shell", "os.system", "os.popen"))
        or any(keyword.arg == "shell" for keyword in call.keywords)
    ]

    assert shells == []


def test_everything_is_caught_only_at_a_boundary_that_says_why() -> None:
    wrong = [
        where(name, handler)
        for name, tree in modules("moorage")
        for handler in ast.walk(tree)
        if isinstance(handler, ast.ExceptHandler) and catches_all(handler)
        if name not in MAY_CATCH_ALL or not says_why(name, handler)
    ]

    assert wrong == []


def test_no_file_names_a_package_registry() -> None:
    hosts = re.compile("|".join(map(re.escape, REGISTRY_HOSTS)).encode(), re.IGNORECASE)

    named = [name for name in tracked() if hosts.search((ROOT / name).read_bytes())]

    assert named == []


def test_locks_pin_hashes_and_name_no_index() -> None:
    names = ("requirements.lock", "requirements-dev.lock", "scripts/devcloud/requirements.lock")
    for lock in (ROOT / name for name in names):
        text = lock.read_text()

        assert "://" not in text
        assert not re.search(r"^--(?!hash)|^-[a-z]", text, re.MULTILINE)
        requirements = re.findall(r"^[a-z0-9].*(?:\n +.*)*", text, re.MULTILINE)
        assert requirements
        assert all("==" in one and "--hash=sha256:" in one for one in requirements)


def test_the_readme_names_no_setting_that_is_not_there() -> None:
    named = set(re.findall(r"`MOORAGE_([A-Z_]+)`", (ROOT / "README.md").read_text()))

    assert named <= {name.upper() for name in settings()}


def modules(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "blueprints" not in path.parts:
                yield str(path.relative_to(ROOT)), parse(path)


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def lines_of(name: str) -> int:
    return (ROOT / name).read_text().count("\n")


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def dotted(node: ast.AST) -> str:
    """Return `a.b.c` of names and attributes, and as much of its end as is a name otherwise."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def where(name: str, node: ast.Call | ast.ExceptHandler) -> str:
    return f"{name}:{node.lineno}"


def catches_all(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or dotted(kind) in {"Exception", "BaseException"} for kind in kinds)


def says_why(name: str, handler: ast.ExceptHandler) -> bool:
    lines = (ROOT / name).read_text().splitlines()
    return any("# boundary:" in line for line in lines[handler.lineno - 2 : handler.lineno])


def jobs() -> set[str | None]:
    """Return the kinds in the one dict that worker.py's jobs() returns."""
    for node in parse(PACKAGE / "worker.py").body:
        if isinstance(node, ast.FunctionDef) and node.name == "jobs":
            returned = node.body[-1]
            assert isinstance(returned, ast.Return)
            assert isinstance(returned.value, ast.Dict), "jobs() must return a dict written out"
            return {text(key) for key in returned.value.keys}
    raise AssertionError("no jobs() in worker.py")


def text(node: ast.expr | None) -> str | None:
    """Return the text that an expression is, None when it is anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def settings() -> list[str]:
    """Return the names of the fields of config.Settings."""
    for node in parse(PACKAGE / "config.py").body:
        if isinstance(node, ast.ClassDef) and node.name == "Settings":
            fields = [part.target for part in node.body if isinstance(part, ast.AnnAssign)]
            names = [field.id for field in fields if isinstance(field, ast.Name)]
            return [name for name in names if not name.startswith("_")]
    raise AssertionError("no class Settings in config.py")


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
