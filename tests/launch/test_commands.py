"""Every command of `yibao` that papers name exists, answers for help, and starts without what it does not need."""

import re
import subprocess
import sys

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from cli.main import app
from tests.servers import ROOT

COMMANDS = sorted(get_command(app).commands)
PAPERS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("cli/*.py")]


@pytest.mark.parametrize("command", COMMANDS)
def test_command_answers_for_help(command: str) -> None:
    answer = CliRunner().invoke(app, [command, "--help"])

    assert answer.exit_code == 0, answer.output
    assert "Usage:" in answer.output


def test_files_with_commands_of_their_own_are_offered() -> None:
    own = {path.stem for path in ROOT.glob("cli/*.py") if re.search(r"^app = ", path.read_text("utf-8"), re.MULTILINE)}

    assert own - {"main"} <= set(COMMANDS)


def test_commands_that_papers_name_exist() -> None:
    # What ends with a version is the name of a format, such as that of a draw.
    command = re.compile(r"(?:`|^ *\$? ?)yibao ([a-z][a-z-]*)\b(?! [a-z]+ v\d)")
    named = {word for paper in PAPERS for word in command.findall(paper.read_text("utf-8"))}

    assert named
    assert named <= set(COMMANDS)


def test_help_loads_no_database_no_web_and_no_graphql() -> None:
    ask = "import sys, cli.main; print(sorted({'asyncpg', 'tortoise', 'strawberry', 'starlette'} & set(sys.modules)))"

    loaded = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert loaded.strip() == "[]"
