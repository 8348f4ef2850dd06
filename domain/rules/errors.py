"""Refusals of the rule book: a file that cannot be read as law, and a question that it does not answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.errors import DomainError, Text


@dataclass(eq=False)
class BrokenRule(DomainError):
    """A rule file says something that cannot be: `place` is the path inside the file, `reason` what is wrong."""

    code: ClassVar[str] = "BROKEN_RULE"
    file: str
    place: str
    line: int
    reason: str

    def message(self) -> Text:
        """Name the file, the place in it and the fault."""
        return Text(
            f"规则文件 {self.file} 第 {self.line} 行 {self.place} 有误：{self.reason}",
            f"{self.file}, line {self.line}, {self.place}: {self.reason}",
        )

    def remedy(self) -> Text:
        """Say how to mend it."""
        return Text(
            "请按《规则文件写法》改正该处，再运行 yibao rules check。",
            "Correct this place as docs/guides/rules.md describes and run `yibao rules check` again.",
        )


@dataclass(eq=False)
class UnknownRule(DomainError):
    """Nobody has written down what was asked: `what` names the provision, `when` the day or year."""

    code: ClassVar[str] = "UNKNOWN_RULE"
    what: str
    region: str
    when: str
    scheme: str = ""

    def message(self) -> Text:
        """Name the provision, the place and the day."""
        zh_scheme, en_scheme = (f"险种 {self.scheme} 的", f" for scheme {self.scheme}") if self.scheme else ("", "")
        return Text(
            f"规则库中没有地区 {self.region} 在 {self.when} 的{zh_scheme}“{self.what}”规定。",
            f"The rule book has no provision '{self.what}'{en_scheme} for region {self.region} on {self.when}.",
        )

    def remedy(self) -> Text:
        """Say what would help."""
        return Text(
            "请核对地区和日期；如确有此规定，请由政策人员在规则库中补录并注明出处。",
            "Check the region and the day; if the law exists, a policy officer adds it to the rules with its source.",
        )


@dataclass(eq=False)
class UnknownBook(DomainError):
    """No rule book with this digest has been kept."""

    code: ClassVar[str] = "UNKNOWN_RULE_BOOK"
    digest: str

    def message(self) -> Text:
        """Name the digest."""
        return Text(f"未找到摘要为 {self.digest} 的规则库。", f"No rule book with the digest {self.digest} was kept.")

    def remedy(self) -> Text:
        """Say where it may be found."""
        return Text(
            "请从当时发布的版本中取回规则文件，用 yibao rules keep 存档。",
            "Take the rule files from the release of that time and keep them with `yibao rules keep`.",
        )
