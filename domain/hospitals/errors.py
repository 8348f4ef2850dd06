"""Refusals about the register of hospitals."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import DomainError, Said, Text


class HospitalImportNotFound(Said):
    """There is no such list, or it is not for the caller."""

    code = "HOSPITAL_LIST_NOT_FOUND"
    says = Text(
        "没有这份定点医疗机构名单，或已有结论。", "There is no such list of hospitals, or it is decided already."
    )
    advises = Text("请刷新名单列表。", "Look at the lists again.")


@dataclass(eq=False)
class HospitalFileBroken(DomainError):
    """A line of a list is wrong."""

    code = "HOSPITAL_FILE_BROKEN"
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
        return Text("请更正文件后重新导入。", "Correct the file and bring it in again.")


@dataclass(eq=False)
class HospitalTermRewritten(Said):
    """A line would change a past day, or something else than the end of a term that stands."""

    code = "HOSPITAL_TERM_REWRITTEN"
    says = Text(
        "第 {fact.line} 行改写了 {fact.hospital} 已生效的时段：只能变更结束日期，且不得早于今天。",
        "Line {fact.line} rewrites a term of {fact.hospital}: only its end may change, and not to a day before today.",
    )
    advises = Text(
        "级别、名称变更或暂停，请先结束原时段，再从次日另起一行。",
        "For another level or name, or a suspension, end the term and begin another one in a line of its own.",
    )
    line: int
    hospital: str


class HospitalListWithoutChanges(Said):
    """The list says what is in force already."""

    code = "HOSPITAL_LIST_UNCHANGED"
    says = Text("名单内容与现行登记相同。", "The list says what stands in the register already.")
    advises = Text("无需导入。", "There is nothing to bring in.")


class HospitalSourceMissing(Said):
    """A list does not say from where it is."""

    code = "HOSPITAL_LIST_SOURCE"
    says = Text("须写明协议或公告的文号（300 字以内）。", "The source must be named, in up to 300 characters.")
    advises = Text("请填写协议编号或公告文号。", "Name the contract or the announcement.")


class HospitalRegisterMoved(Said):
    """What is in force has changed since the difference was made."""

    code = "HOSPITAL_LIST_MOVED"
    says = Text(
        "提交之后登记已有变更，差异不再成立。", "The register has changed since; the difference is no longer true."
    )
    advises = Text("请重新导入名单。", "Bring the list in again.")
