"""`python -m cli` is the same as the command `yibao`."""

from cli.main import app

app(prog_name="yibao")
