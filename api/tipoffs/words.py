"""What the pages of reports say besides their templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.errors import Text

START: Final = Text("举报骗保", "Report misuse")
WHOM: Final = Text("举报谁", "Whom")
REPORT: Final = Text("举报内容", "What happened")
RECEIPT: Final = Text("回执码", "Receipt")
RETURN: Final = Text("查看进展", "Come back")
MAILBOX: Final = Text("举报进展", "Your report")

NOT_YET: Final = Text("还没有提交成功，请看下面标红的地方。", "Not sent yet: please see what is marked below.")
OPENS_NOTHING: Final = Text(
    "没有可以查看的举报。请对照抄下的回执码；如已办结，内容不再显示。",
    "This opens no report. Compare it with what you wrote down; what is closed is not shown any more.",
)
SENT: Final = Text("已发送，内容已加密。", "Sent, and sealed.")
APPEALED: Final = Text("已申请复核。", "Another look was asked for.")
CLAIMED: Final = Text("收款账户已收到。办理后钱会转到该账户。", "Your account has arrived; the money will go there.")
NOTHING_TO_CLAIM: Final = Text(
    "目前没有可领取的奖励。有奖励时，回信里会写明金额和期限。",
    "There is no reward to claim yet. A letter will tell you how much and until when.",
)
NOTHING_TO_APPEAL: Final = Text("目前不能申请复核。", "Another look cannot be asked for now.")
OUTDATED: Final = Text(
    "页面打开太久，已换新。您写的内容还在，请再点一次提交。",
    "This page was too old and has been renewed. What you wrote is still here: please send it again.",
)
ALREADY_SENT: Final = Text(
    "之前那件举报已经收到。要补充，请用回执码；要作为另一件举报，请再点一次提交。",
    "The report before this one has arrived. To add to it use its receipt; to send another one, send again.",
)
SLOWER: Final = Text(
    "现在提交的人太多，还没有收下。您写的内容还在，请过几分钟再点一次提交。",
    "Too many are sending now, so yours was not taken yet. What you wrote is still here: try again in some minutes.",
)
SLOWER_LOOK: Final = Text(
    "现在查看的人太多，请过几分钟再试。", "Too many are looking right now. Try again in some minutes."
)
BUSY: Final = Text(
    "现在太忙，没有收下任何内容。请过几分钟再试。", "We are too busy and have taken nothing. Try again in some minutes."
)
BROKEN: Final = Text(
    "我们这边出了差错，没有收下任何内容。请过一会儿再试，或换个时间。",
    "Something went wrong on our side, and nothing was taken. Please try again later.",
)
UNREADABLE: Final = Text(
    "没有收全，请再试一次。一次最多 6 个文件，每个不超过 20 MB，合计不超过 40 MB。",
    "It did not arrive whole. At most 6 files of 20 MB each, and 40 MB together.",
)
NOT_HERE: Final = Text("这里只办理举报。", "Only reports are taken here.")
FILES_AGAIN: Final = Text("所有文件都没有收下，请重新选择。", "No file was taken: please choose all of them again.")
NO_LETTERS: Final = Text("还没有回信。请过几天再来看。", "There is no letter yet. Please come back in some days.")
NOT_FOUND: Final = Text(
    "没有查到。没关系，照您知道的写，点“下一步”。", "Not found. Never mind: write what you know, and go on."
)
WHICH: Final = Text("是哪一个？", "Which one?")
GOOD: Final = frozenset({SENT, APPEALED, CLAIMED})
"""What is said when something went well."""

SPOKEN_ZH: Final[Mapping[str, str]] = {
    "0": "0（零）", "1": "1（幺）", "2": "2", "3": "3", "4": "4", "5": "5", "6": "6", "7": "7", "8": "8", "9": "9",
    "A": "A（阿姨的 A）", "B": "B（爸爸的 B）", "C": "C（茶叶的 C）", "D": "D（大米的 D）", "E": "E（鹅毛的 E）",
    "F": "F（飞机的 F）", "G": "G（哥哥的 G）", "H": "H（河水的 H）", "J": "J（鸡蛋的 J）", "K": "K（开门的 K）",
    "M": "M（妈妈的 M）", "N": "N（奶奶的 N）", "P": "P（苹果的 P）", "Q": "Q（秋天的 Q）", "R": "R（人民的 R）",
    "S": "S（山水的 S）", "T": "T（天空的 T）", "V": "V（剪刀手的 V）", "W": "W（娃娃的 W）", "X": "X（西瓜的 X）",
    "Y": "Y（月亮的 Y）", "Z": "Z（走路的 Z）",
}  # fmt: skip
"""How each sign of a receipt is said: letters by a word whose pinyin begins with them."""
SPOKEN_EN: Final[Mapping[str, str]] = {
    "0": "zero", "1": "one", "2": "two", "3": "three", "4": "four", "5": "five", "6": "six", "7": "seven",
    "8": "eight", "9": "nine", "A": "Alfa", "B": "Bravo", "C": "Charlie", "D": "Delta", "E": "Echo", "F": "Foxtrot",
    "G": "Golf", "H": "Hotel", "J": "Juliett", "K": "Kilo", "M": "Mike", "N": "November", "P": "Papa", "Q": "Quebec",
    "R": "Romeo", "S": "Sierra", "T": "Tango", "V": "Victor", "W": "Whiskey", "X": "X-ray", "Y": "Yankee", "Z": "Zulu",
}  # fmt: skip
