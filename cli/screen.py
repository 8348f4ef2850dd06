"""What the person at the keyboard sees: a line for each step, a bar for the long ones, both languages."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from domain.errors import Text

Count = Callable[[int, int | None], None]
"""Called with how much is done and how much there is, if anybody knows."""
DONE: Final = "[green]✓[/]"


class Screen:
    """The terminal, or a log file when there is none."""

    def __init__(self, console: Console | None = None) -> None:
        self.console: Final = console or Console(highlight=False)

    def say(self, text: Text) -> None:
        """Say one thing in both languages."""
        self.console.print(f"  {text.zh}\n  [dim]{text.en}[/]", soft_wrap=True)

    def refuse(self, text: Text) -> None:
        """Say why nothing was started; names of files and answers of programs stand there as they are."""
        self.console.print()
        self.console.print(text.zh, style="bold red", markup=False, soft_wrap=True)
        self.console.print(text.en, style="red", markup=False, soft_wrap=True)

    @contextmanager
    def step(self, text: Text) -> Generator[None]:
        """Show that a step is running, and how long it took when it is done."""
        began = time.monotonic()
        with self.console.status(f"{text.zh} [dim]{text.en}[/]"):
            yield
        self.done(text, began=began)

    @contextmanager
    def counting(self, text: Text) -> Generator[Count]:
        """Show how far a long step is: a moving bar on a terminal, one line in a log."""
        if not self.console.is_terminal:
            self.console.print(f"  … {text.zh} [dim]{text.en}[/]", soft_wrap=True)
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(
            *columns, TimeElapsedColumn(), console=self.console, transient=True, disable=not self.console.is_terminal
        ) as progress:
            task = progress.add_task(f"{text.zh} [dim]{text.en}[/]", total=None)
            yield lambda done, total: progress.update(task, completed=done, total=total)

    def done(self, text: Text, *, began: float) -> None:
        """Say what was done since a moment of the monotonic clock."""
        self.console.print(f"  {DONE} {text.zh} [dim]{text.en} · {time.monotonic() - began:.1f} s[/]", soft_wrap=True)
