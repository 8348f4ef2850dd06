"""Refusals about lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from domain.errors import DomainError, Said, Text


class ListImportNotFound(Said):
    """There is no such list, or it is not for the caller, or it is decided."""

    code = "BENEFICIARY_LIST_NOT_FOUND"
    says = Text("没有待复核的名单，或已有结论。", "There is no such list, or it is decided already.")
    advises = Text("请刷新名单导入列表。", "Look at the imported lists again.")


@dataclass(eq=False)
class ListFileBroken(DomainError):
    """A line of a file is wrong."""

    code = "BENEFICIARY_FILE_BROKEN"
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


class ListSourceMissing(Said):
    """The list does not say who gave it."""

    code = "BENEFICIARY_SOURCE"
    says = Text("须写明名单的来源（300 字以内）。", "The source must be named, in up to 300 characters.")
    advises = Text("请填写提供单位与文号。", "Name who gave the list, and under which number.")


class ListDayAhead(Said):
    """The day of the list is in the future."""

    code = "BENEFICIARY_DAY_AHEAD"
    says = Text("名单日期晚于今天。", "The day of the list is in the future.")
    advises = Text("请填写名单的数据日期。", "Give the day as of which the list is whole.")


@dataclass(eq=False)
class LaterListStands(Said):
    """A list of a later day is in force."""

    code = "BENEFICIARY_LATER_LIST"
    says = Text("已有 {fact.day} 的名单生效，不能导入更早的名单。", "The list of {fact.day} is in force already.")
    advises = Text("请导入该日之后的名单。", "Import a list of that day or a later one.")
    day: date


class ListWithoutChanges(Said):
    """The list says what stands already."""

    code = "BENEFICIARY_UNCHANGED"
    says = Text("名单与现有登记一致。", "The list says what stands already.")
    advises = Text("无需导入。", "There is nothing to import.")


class ListMovedMeanwhile(Said):
    """What stands has changed since the difference was made."""

    code = "BENEFICIARY_MOVED"
    says = Text("提交之后名单已有变更，差异不再成立。", "What stands has changed since this was read.")
    advises = Text("请退回并重新导入文件。", "Reject it, and import the file again.")
