"""What may stand against reports of misused funds. No sentence ever repeats anything that was reported."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import Said, Text


class TipoffNotFound(Said):
    """There is no such case, or it is not for the caller to see."""

    code = "TIPOFF_NOT_FOUND"
    says = Text("没有这件举报，或您无权办理。", "There is no such report, or it is not yours to handle.")
    advises = Text("请刷新列表后再试。", "Look at the list again.")


class ReceiptUnreadable(Said):
    """A receipt was copied wrongly; this is told from its own check characters, before anything is looked up."""

    code = "TIPOFF_RECEIPT_UNREADABLE"
    says = Text("回执码抄写有误。", "The receipt was copied wrongly.")
    advises = Text(
        "请核对全部 22 位字符（不含字母 I、L、O、U），分组和大小写不影响。",
        "Compare all 22 signs; it has no I, L, O or U. Groups and capitals do not matter.",
    )


class ReceiptOpensNothing(Said):
    """No open report belongs to this receipt: there is none, or it is closed. Both are said in the same words."""

    code = "TIPOFF_RECEIPT_OPENS_NOTHING"
    says = Text("没有可以继续办理的举报。", "No report that could go on belongs to this receipt.")
    advises = Text(
        "请核对回执码；已办结的举报可重新提交。", "Compare the receipt; what is closed can be reported anew."
    )


class ReportIncomplete(Said):
    """Something without which nobody can look into it is missing."""

    code = "TIPOFF_INCOMPLETE"
    law = "《医疗保障基金使用监督管理举报处理暂行办法》"
    says = Text("此项不能为空，或格式有误。", "This is missing, or has another form.")
    advises = Text("请写明举报的对象和事实。", "Say whom and what you report.")


@dataclass(eq=False)
class TextTooLong(Said):
    """A text is too long."""

    code = "TIPOFF_TEXT_TOO_LONG"
    says = Text("此项不能超过 {fact.longest} 字。", "This has more than {fact.longest} characters.")
    advises = Text("请分几次补充。", "Add the rest in further messages.")
    longest: int


class TipoffsCannotBeReceived(Said):
    """There is nobody to whom a report could be sealed: nothing is taken rather than kept readable."""

    code = "TIPOFF_NO_RECIPIENT"
    says = Text("目前无法安全接收这件举报。", "This report cannot be received safely at the moment.")
    advises = Text(
        "请拨打上级医疗保障部门的举报电话，或到当地纪检监察机关反映。",
        "Telephone the health-insurance authority above, or go to the disciplinary inspection.",
    )


class ReportDiffers(Said):
    """The same token came with another report."""

    code = "TIPOFF_TOKEN_REUSED"
    says = Text("这次提交的标识已用于另一件举报。", "This token was used for another report.")
    advises = Text("请重新打开举报页面再提交。", "Open the page again and send it from there.")


@dataclass(eq=False)
class TipoffStepNotAllowed(Said):
    """The case does not stand where this step begins."""

    code = "TIPOFF_STEP"
    says = Text("举报当前状态（{fact.state}）不能办理这一步。", "This step does not follow the state {fact.state}.")
    advises = Text("请查看举报的最新状态。", "Look at where the case stands now.")
    state: str


@dataclass(eq=False)
class TipoffChangedMeanwhile(Said):
    """Somebody changed the case after it was read."""

    code = "TIPOFF_VERSION"
    says = Text(
        "举报在您查看之后已变更（现为第 {fact.current} 版）。", "The case changed after you read it ({fact.current})."
    )
    advises = Text("请刷新后再办理。", "Read it again, then go on.")
    current: int


class CannotJoinLater(Said):
    """A report is joined to the earlier one of the same fact, never the other way round."""

    code = "TIPOFF_JOIN_ORDER"
    law = "《违法违规使用医疗保障基金举报奖励办法》"
    says = Text("只能并入先收到的同一事实的举报。", "A report is joined to the one that came first.")
    advises = Text("请选择最先收到的举报。", "Choose the first one.")


class LinkUnknown(Said):
    """Nothing that the caller may see has this number or name."""

    code = "TIPOFF_LINK"
    says = Text("没有这个编号或名称的业务对象，或您无权查看。", "Nothing that you may see has this number or name.")
    advises = Text("请核对报销编号、结算单号或机构全称。", "Compare the number, or the provider's whole name.")


@dataclass(eq=False)
class CheckByTwo(Said):
    """A visit needs at least two different people who may read the case."""

    code = "TIPOFF_CHECK_PEOPLE"
    law = "《医疗保障基金使用监督管理条例》第二十九条"
    says = Text("实地核查须由不少于 {fact.least} 名本案人员进行。", "A visit needs {fact.least} people of this case.")
    advises = Text("请指定更多核查人员。", "Name more people.")
    least: int


class NobodyLooked(Said):
    """Nothing is found true before a visit's report was confirmed."""

    code = "TIPOFF_NOT_CHECKED"
    law = "《医疗保障基金使用监督管理条例》第二十九条"
    says = Text("尚无经另一人确认的实地核查。", "No visit's report was confirmed yet.")
    advises = Text("请先完成实地核查。", "Visit the place first.")


class ByAnother(Said):
    """What one person wrote another one confirms."""

    code = "TIPOFF_OWN_WORD"
    says = Text("须由另一名本案人员确认。", "Somebody else of this case confirms it.")
    advises = Text("请由同事确认。", "Let a colleague confirm it.")


class OffenceUnknown(Said):
    """The law of that day names no such offence."""

    code = "TIPOFF_OFFENCE"
    says = Text("当日有效的法规没有这种违法行为。", "The law of that day names no such offence.")
    advises = Text("请从列表中选择。", "Choose one of the list.")


class KeyUnfit(Said):
    """A public key has another form, is registered already, or its holder holds the other half."""

    code = "TIPOFF_KEY"
    says = Text(
        "公钥不合格、已登记，或持有人已持有另一半身份密钥。",
        "This key is unfit, known, or of who holds the other half.",
    )
    advises = Text("请用 yibao investigators key 另行生成。", "Make another one with `yibao investigators key`.")


class LastKeyStays(Said):
    """Without this key nobody could read new reports."""

    code = "TIPOFF_LAST_KEY"
    says = Text("这是最后一把有效公钥，不能停用。", "This is the last key in use.")
    advises = Text("请先登记并确认另一把公钥。", "Register and confirm another one first.")


class RewardRefused(Said):
    """No reward is due, or not in this way."""

    code = "TIPOFF_REWARD"
    law = "《违法违规使用医疗保障基金举报奖励办法》（医保办发〔2022〕22号）"
    says = Text("不符合奖励条件，或金额与查实结果不一致。", "No reward is due, or not of what was found.")
    advises = Text(
        "请核对是否为首个举报人、是否已查实、是否已奖励。",
        "See whether it is the first, confirmed, and not yet rewarded.",
    )


class RewardTooLate(Said):
    """The time for claiming a reward is over."""

    code = "TIPOFF_REWARD_LATE"
    law = "《违法违规使用医疗保障基金举报奖励办法》（医保办发〔2022〕22号）"
    says = Text("已超过领取期限。", "The time for claiming it is over.")
    advises = Text("请联系办案单位说明原因。", "Write to the investigators why.")


class RewardsCannotBePaid(Said):
    """There is nobody to whom an account could be sealed: none is taken rather than kept readable."""

    code = "TIPOFF_NO_DESK"
    says = Text("目前无法安全接收收款账户。", "An account cannot be received safely at the moment.")
    advises = Text("请改日再凭回执码填写，领取期限不变。", "Come back another day; you may claim it as long as before.")


class RewardRuns(Said):
    """The informant could not come back for the reward any more."""

    code = "TIPOFF_REWARD_RUNS"
    says = Text("奖励仍在领取期限内或尚未发放完毕，不能办结。", "The reward can still be claimed, or is not paid yet.")
    advises = Text("请在奖励发放或逾期后再办结。", "Close the case once it was paid or has lapsed.")


class RecordStays(Said):
    """What is still to be kept is not removed for that reason, and a case's reward is never forgotten."""

    code = "TIPOFF_RECORD_STAYS"
    says = Text("该信息尚在保存期限内，或不能单独删除。", "This is still to be kept, or cannot be removed by itself.")
    advises = Text("请核对保存期限，或选择其他事由。", "Look until when it is kept, or give another reason.")
