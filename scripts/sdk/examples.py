"""Runs the examples of docs/fakes.md as they stand there.

Usage: examples.py path/to/brownout [--typescript]

The blocks under "In your own CI" are whole test files. They are written to a folder and run by
pytest, and by Node's test runner with the packages under typescript/.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence

HERE = pathlib.Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "fakes.md"


def main() -> None:
    """Both examples, and the exit code."""
    brownout = pathlib.Path(sys.argv[1]).resolve()
    environment = os.environ | {"PATH": f"{brownout.parent}{os.pathsep}{os.environ['PATH']}"}
    with tempfile.TemporaryDirectory() as folder:
        test = pathlib.Path(folder) / "test_answers.py"
        test.write_text(block("python"), encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", test]
        _run(command, environment, folder)
    if "--typescript" in sys.argv:
        # Beside its packages, so that Node finds them.
        test = HERE / "typescript" / "node_modules" / "answers.test.ts"
        test.write_text(block("ts"), encoding="utf-8")
        command = ["node", "--import", "tsx", "--test", "--test-reporter=dot", f"node_modules/{test.name}"]
        _run(command, environment, HERE / "typescript")


def block(language: str) -> str:
    """The first block of code in `language` after the page's heading about CI."""
    page = PAGE.read_text(encoding="utf-8").partition("## In your own CI")[2]
    return re.search(rf"```{language}\n(.*?)```", page, re.DOTALL)[1]


def _run(command: Sequence[str | pathlib.Path], environment: Mapping[str, str], folder: str | pathlib.Path) -> None:
    if subprocess.run(command, env=environment, cwd=folder).returncode:
        sys.exit("an example of docs/fakes.md fails")


if __name__ == "__main__":
    main()
