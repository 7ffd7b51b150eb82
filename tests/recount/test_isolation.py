"""The second engine shares no code with the first."""

import ast
import subprocess
import sys
from pathlib import Path

from tests.recount.studies import ledger_rows, recounted, write_ledger
from tests.tiny import write_tiny

SOURCE = Path(__file__).parents[2] / "src" / "recount"
ALLOWED = {"duckdb", "numpy", "pyarrow", "recount", "surveyspec", *sys.stdlib_module_names} - {"csv"}


def imported(path: Path) -> set[str]:
    """Return the top-level packages that a module imports anywhere in its text."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            found.add(str(node.module).split(".")[0])
    return found


def test_no_module_imports_the_engine_its_parser_or_its_statistics_libraries() -> None:
    modules = sorted(SOURCE.glob("*.py"))
    assert len(modules) > 10
    strange = {path.name: imported(path) - ALLOWED for path in modules if imported(path) - ALLOWED}
    assert strange == {}


def test_no_module_imports_by_name_at_run_time() -> None:
    for path in SOURCE.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "importlib" not in text and "__import__" not in text, path.name


def test_a_running_recount_never_loads_the_engine(tmp_path: Path) -> None:
    write_tiny(tmp_path)
    ledger = write_ledger(ledger_rows(recounted(tmp_path), ["en"]), tmp_path / "ledger.parquet")
    code = (
        "import sys; from recount.cli import main;"
        f"code = main(['--directory', {str(tmp_path)!r}, '--ledger', {str(ledger)!r}, '--out', {str(tmp_path)!r}]);"
        "print(code, *sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": str(SOURCE.parent)}
    )
    code, *loaded = done.stdout.splitlines()[-1].split()
    assert code == "0"
    assert "recount" in loaded
    assert {"surveytrail", "studygenerator", "scipy", "statsmodels", "pingouin"}.isdisjoint(loaded)
