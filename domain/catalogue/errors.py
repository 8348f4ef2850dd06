"""Refusals about the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from domain.errors import DomainError, Said, Text


class CatalogueImportNotFound(Said):
    """There is no such import, or it is not for the caller."""

    code = "CATALOGUE_IMPORT_NOT_FOUND"
    says = Text("没有这次目录导入，或已有结论。", "There is no such import, or it is decided already.")
    advises = Text("请刷新目录导入列表。", "Look at the list of imports again.")


@dataclass(eq=False)
class CatalogueFileBroken(DomainError):
    """A line of a catalogue file is wrong."""

    code = "CATALOGUE_FILE_BROKEN"
    line: int
    column: str
    why: Text

    def message(self) -> Text:
        """Name the line and the fault."""
        return Text(
            f"第 {self.line} 行“{self.column}”：{self.why.zh}", f"Line {self.line}, {self.column}: {self.why.en}"
        )

    def remedy(self) -> Text:
        """Say how to go on."""
        return Text("请更正文件后重新导入。", "Correct the file and import it again.")


@dataclass(eq=False)
class LaterItemsStand(Said):
    """The import would begin before items that begin later are in force already."""

    code = "CATALOGUE_LATER_ITEMS"
    says = Text(
        "已有 {fact.starts} 起生效的目录，不能再插入更早的版本。",
        "Items from {fact.starts} on are in force already; an earlier version cannot come between.",
    )
    advises = Text("请把生效日期定在 {fact.starts} 之后。", "Let it begin after {fact.starts}.")
    starts: date


class CatalogueDayPassed(Said):
    """The first day of an import is past: settled care would be judged anew."""

    code = "CATALOGUE_DAY_PASSED"
    says = Text(
        "生效日期早于今天；已发生的费用不能改用新目录。", "The first day is past: past care keeps its catalogue."
    )
    advises = Text("请填写今天或以后的生效日期。", "Give today or a later day.")


class CatalogueWithoutChanges(Said):
    """The file says what is in force already."""

    code = "CATALOGUE_UNCHANGED"
    says = Text("文件内容与现行目录相同。", "The file says what is in force already.")
    advises = Text("无需导入。", "There is nothing to import.")


class CatalogueSourceMissing(Said):
    """An import does not say from where it is."""

    code = "CATALOGUE_SOURCE"
    says = Text("须写明目录的文号来源（300 字以内）。", "The source must be named, in up to 300 characters.")
    advises = Text("请填写发布机关与文号。", "Name who published it and under which number.")


@dataclass(eq=False)
class CatalogueMovedMeanwhile(Said):
    """What is in force has changed since the difference was made."""

    code = "CATALOGUE_MOVED"
    says = Text(
        "提交之后目录已有变更，差异不再成立。", "The catalogue has changed since; the difference is no longer true."
    )
    advises = Text("请重新导入文件。", "Import the file again.")
