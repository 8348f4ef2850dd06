"""The settlement in words: a sentence for each step, and a letter to the person, in Chinese and English."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from domain.errors import Text
from domain.money import Money, Ratio
from domain.rules import Provision, Standing, zh_day
from domain.settlement.values import Mark, Settlement


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a settlement as people read it.

    `code` is the national trace code, `base` the amount that the step looks at, `rate` the share if there is one,
    `result` the amount that comes out. `source` is empty when the amount was decided elsewhere.
    """

    code: str
    zh: str
    en: str
    base: Money
    rate: Ratio | None
    result: Money
    term: str
    source: str
    standing: Standing | None


def steps_of(settlement: Settlement) -> tuple[Step, ...]:
    """Give every step of a settlement with its sentence and its source."""
    return tuple(_step(mark) for mark in settlement.marks)


def letter_of(settlement: Settlement) -> Text:
    """Write the letter that tells a person what was paid, who paid it and why, in both languages."""
    steps = steps_of(settlement)
    return Text(_letter_zh(settlement, steps), _letter_en(settlement, steps))


Say: TypeAlias = "Callable[[str, str, str, Mark], Text]"


def _say(zh: str, en: str) -> Say:
    """Make a sentence from a pattern; `fact` is the first fact of the mark as an amount, `name` the provision."""

    def say(base: str, rate: str, result: str, mark: Mark) -> Text:
        fact = yuan(int(mark.facts[0])) if mark.facts and isinstance(mark.facts[0], int) else ""
        second = yuan(int(mark.facts[1])) if len(mark.facts) > 1 and isinstance(mark.facts[1], int) else ""
        what = str(mark.facts[0]) if mark.facts else ""
        term, name = (mark.origin.term, _short(mark.origin)) if mark.origin else ("", "")
        words = {
            "base": base,
            "rate": rate,
            "result": result,
            "fact": fact,
            "second": second,
            "term": term,
            "name": name,
            "number": str(mark.base),
            "what_zh": _LAYERS_ZH.get(what, what),
            "what_en": _LAYERS_EN.get(what, what),
        }
        return Text(zh.format_map(words), en.format_map(words))

    return say


_LAYERS_ZH: Final = {
    "basic": "基本医保",
    "large": "职工大额补助",
    "critical": "大病保险",
    "civil_servant": "公务员医疗补助",
    "enterprise": "企业补充医疗保险",
    "veteran": "残疾军人医疗补助",
    "assistance": "医疗救助",
    "tilt": "倾斜救助",
    "backstop": "补充保障",
}
_LAYERS_EN: Final = {
    "basic": "basic insurance",
    "large": "the large-amount fund",
    "critical": "critical illness insurance",
    "civil_servant": "the civil servants' top-up",
    "enterprise": "the enterprise top-up",
    "veteran": "the disabled veterans' fund",
    "assistance": "medical assistance",
    "tilt": "tilted assistance",
    "backstop": "the backstop",
}

_SENTENCES: Final[dict[str, Say]] = {
    "own_pay": _say(
        "有 {base} 元不在医保目录内，由您自费。",
        "{base} yuan are outside the insurance catalogue, so you pay them yourself.",
    ),
    "over_limit": _say(
        "有 {base} 元超过医保限价，由您负担。",
        "{base} yuan lie above the limit prices, so you pay them yourself.",
    ),
    "first_paid": _say(
        "目录内的乙类等项目须先由您自付一部分，共 {base} 元。",
        "Some items in the catalogue ask you to pay a share first: {base} yuan.",
    ),
    "off_site": _say(
        "因异地就医，{base} 元中先由您负担 {rate}，即 {result} 元。",
        "For care away from home you first bear {rate} of {base} yuan: {result} yuan.",
    ),
    "deductible": _say(
        "起付标准以内的 {result} 元由您负担（本次起付标准 {base} 元）。",
        "You bear the deductible of {result} yuan (this time it is {base} yuan).",
    ),
    "deductible_whole": _say(
        "其中起付标准 {result} 元由您负担。",
        "You bear the deductible of {result} yuan.",
    ),
    "deductible_year": _say(
        "全年起付标准 {fact} 元，此前已负担 {second} 元，这次负担 {result} 元。",
        "The deductible is {fact} yuan a year; {second} were borne before, {result} this time.",
    ),
    "deductible_waived": _say("按规定免除您的起付标准。", "The deductible is waived for you."),
    "band": _say(
        "其余费用中的 {base} 元，统筹基金支付 {rate}，即 {result} 元。",
        "Of the rest, the pooled fund pays {rate} of {base} yuan: {result} yuan.",
    ),
    "special": _say(
        "单独规定支付比例的项目 {base} 元，统筹基金支付 {rate}，即 {result} 元。",
        "For items with a rate of their own the pooled fund pays {rate} of {base} yuan: {result} yuan.",
    ),
    "grant": _say(
        "按定额补偿（全年 {fact} 元），这次支付 {result} 元。",
        "Of the fixed grant of {fact} yuan a year, {result} yuan are paid this time.",
    ),
    "lump_sum": _say(
        "按定额标准 {fact} 元，支付 {result} 元。",
        "The fixed sum is {fact} yuan; {result} yuan are paid.",
    ),
    "floor": _say(
        "按以上计算为 {fact} 元，低于保底比例 {rate}，统筹基金改按保底支付 {result} 元。",
        "That makes {fact} yuan, less than the guaranteed {rate}; the pooled fund pays {result} yuan instead.",
    ),
    "cap": _say(
        "应付 {base} 元，已到最高支付限额，统筹基金支付 {result} 元。",
        "{base} yuan would be due, but the cap is reached: the pooled fund pays {result} yuan.",
    ),
    "threshold": _say(
        "{term}：您负担的费用中这次计入 {base} 元（本年度此前已计入 {fact} 元），超过了起付标准 {result} 元。",
        "{name}: {base} yuan count this time ({fact} earlier this year), above the threshold of {result} yuan.",
    ),
    "threshold_first": _say(
        "{term}：您负担的费用 {base} 元计入本年度累计，超过了起付标准 {result} 元。",
        "{name}: the {base} yuan that you bear count this year and lie above the threshold of {result} yuan.",
    ),
    "threshold_not_met_first": _say(
        "{term}：您负担的费用 {base} 元计入本年度累计，没有超过起付标准 {result} 元，所以这次不支付。",
        "{name}: the {base} yuan that you bear count this year, but do not exceed the threshold of {result} yuan, "
        "so nothing is paid yet.",
    ),
    "threshold_by_stay": _say(
        "{term}：您这次负担的费用 {base} 元，超过了按次计算的起付标准 {result} 元。",
        "{name}: the {base} yuan that you bear this time lie above the threshold of {result} yuan.",
    ),
    "threshold_not_met_by_stay": _say(
        "{term}：您这次负担的费用 {base} 元，没有超过按次计算的起付标准 {result} 元，所以不支付。",
        "{name}: the {base} yuan that you bear this time do not exceed the threshold of {result} yuan, "
        "so nothing is paid.",
    ),
    "threshold_not_met": _say(
        "{term}：您负担的费用中这次计入 {base} 元（本年度此前已计入 {fact} 元），"
        "没有超过起付标准 {result} 元，所以不支付。",
        "{name}: {base} yuan count this time ({fact} earlier this year), not above the threshold of {result}, "
        "so nothing is paid.",
    ),
    "layer_band": _say(
        "{term}：{base} 元中支付 {rate}，即 {result} 元。",
        "{name} pays {rate} of {base} yuan: {result} yuan.",
    ),
    "layer_cap": _say(
        "{term}：应付 {base} 元，已到限额，支付 {result} 元。",
        "{name}: {base} yuan would be due, but the cap is reached: {result} yuan are paid.",
    ),
    "union_days": _say(
        "{term}：住院 {number} 天，每天 {fact} 元，共 {result} 元。",
        "{name}: {number} days at {fact} yuan a day: {result} yuan.",
    ),
    "union_sum": _say("{term}：一次性 {result} 元。", "{name}: one sum of {result} yuan."),
    "account": _say(
        "您的个人账户支付 {result} 元，余额 {fact} 元。",
        "Your personal account pays {result} yuan; {fact} yuan remain in it.",
    ),
    "given": _say(
        "{what_zh}已在别处结算 {result} 元。",
        "{result} yuan were already decided elsewhere by {what_en}.",
    ),
}


def _step(mark: Mark) -> Step:
    rate = None if mark.rate < 0 else Ratio(mark.rate)
    say = _SENTENCES[_variant(mark)]
    words = say(yuan(mark.base), rate.percent() if rate else "", yuan(mark.result), mark)
    origin = mark.origin
    return Step(
        code=mark.code,
        zh=words.zh,
        en=words.en,
        base=Money(mark.base),
        rate=rate,
        result=Money(mark.result),
        term=origin.term if origin else "",
        source=origin.source if origin else "",
        standing=origin.standing if origin else None,
    )


def _variant(mark: Mark) -> str:
    """Choose the sentence that says no more than is so: of a year with nothing before it, or of one stay."""
    if mark.kind in {"threshold", "threshold_not_met"} and mark.facts in {(), (0,)}:
        return f"{mark.kind}_first" if mark.facts else f"{mark.kind}_by_stay"
    if mark.kind == "deductible" and mark.base == mark.result:
        return "deductible_whole"
    return mark.kind


# The kinds of steps in the order of a letter's paragraphs: what is in scope, what the pooled fund pays; every other
# step belongs to the layers after it.
_SCOPE: Final = frozenset({"own_pay", "over_limit", "first_paid", "off_site"})
_POOL: Final = frozenset(
    {
        "deductible",
        "deductible_year",
        "deductible_waived",
        "band",
        "special",
        "grant",
        "lump_sum",
        "floor",
        "cap",
    }
)


def _letter_zh(settlement: Settlement, steps: tuple[Step, ...]) -> str:
    fen, day = settlement.fen, zh_day(settlement.case.episode.day)
    scope, pool, layers = _paragraphs(settlement, [step.zh for step in steps])
    paragraphs = [
        "您好！",
        (
            f"您{day}结算的医疗费用共 {yuan(fen.total)} 元，基金为您支付 {yuan(fen.fund_total)} 元，"
            f"您自己负担 {yuan(fen.person_total)} 元。我们把这笔账一步一步说给您听。"
        ),
        f"先看哪些费用可以报销。{''.join(scope)}在报销范围内的一共是 {yuan(fen.in_scope)} 元。",
    ]
    if pool:
        paragraphs.append(f"再看基本医保支付多少。{''.join(pool)}")
    if layers:
        paragraphs.append(f"基本医保之后，还有别的保障。{''.join(layers)}")
    paragraphs.append(
        f"这样，您要负担的是 {yuan(fen.person_total)} 元{_how_paid_zh(settlement)}。{_beside_zh(settlement)}"
    )
    paragraphs.append("以上计算的依据是：\n" + "\n".join(f"  · {one.zh}" for one in _sources(settlement)))
    paragraphs.append("如果您对其中哪一步有疑问，请带上这封信到医保经办机构，我们会和您逐项核对。")
    return "\n\n".join(paragraphs)


def _how_paid_zh(settlement: Settlement) -> str:
    fen = settlement.fen
    if not fen.account:
        return ""
    return f",其中个人账户支付 {yuan(fen.account)} 元，现金支付 {yuan(fen.cash)} 元"


def _beside_zh(settlement: Settlement) -> str:
    fen = settlement.fen
    hospital = f"医院承担 {yuan(fen.hospital)} 元。" if fen.hospital else ""
    union = f"另外，工会互助给您 {yuan(fen.union)} 元，不算在这笔费用里。" if fen.union else ""
    commercial = f"商业保险另行支付 {yuan(fen.commercial)} 元。" if fen.commercial else ""
    return hospital + union + commercial


def _letter_en(settlement: Settlement, steps: tuple[Step, ...]) -> str:
    fen, day = settlement.fen, settlement.case.episode.day
    scope, pool, layers = _paragraphs(settlement, [f"{step.en} " for step in steps])
    how = f", {yuan(fen.account)} from your personal account and {yuan(fen.cash)} in cash" if fen.account else ""
    paragraphs = [
        "Dear insured person,",
        (
            f"your bill of {day} comes to {yuan(fen.total)} yuan. The funds pay {yuan(fen.fund_total)} yuan of it "
            f"and you pay {yuan(fen.person_total)} yuan. Here is how we worked it out."
        ),
        f"First, what can be reimbursed. {''.join(scope)}In scope are {yuan(fen.in_scope)} yuan.",
    ]
    if pool:
        paragraphs.append(f"Next, what basic insurance pays. {''.join(pool)}".rstrip())
    if layers:
        paragraphs.append(f"After basic insurance, other protection steps in. {''.join(layers)}".rstrip())
    paragraphs.append(f"That leaves {yuan(fen.person_total)} yuan to you{how}.{_beside_en(settlement)}")
    paragraphs.append("These are the rules we used:\n" + "\n".join(f"  · {one.en}" for one in _sources(settlement)))
    paragraphs.append("If a step is unclear, bring this letter to the agency and we will go through it with you.")
    return "\n\n".join(paragraphs)


def _beside_en(settlement: Settlement) -> str:
    fen = settlement.fen
    hospital = f" The hospital bears {yuan(fen.hospital)} yuan." if fen.hospital else ""
    union = f" Besides, the union's mutual aid gives you {yuan(fen.union)} yuan outside this bill." if fen.union else ""
    commercial = f" Commercial insurance pays {yuan(fen.commercial)} yuan of its own." if fen.commercial else ""
    return hospital + union + commercial


def _paragraphs(settlement: Settlement, sentences: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Sort the sentences into the three paragraphs of the letter; account and cash have their own."""
    scope: list[str] = []
    pool: list[str] = []
    layers: list[str] = []
    for mark, sentence in zip(settlement.marks, sentences, strict=True):
        if mark.kind in _SCOPE:
            scope.append(sentence)
        elif mark.kind in _POOL or mark.facts[:1] == ("basic",):
            pool.append(sentence)
        elif mark.kind != "account":
            layers.append(sentence)
    return scope, pool, layers


def _sources(settlement: Settlement) -> list[Text]:
    """Name every provision that was used once, and warn of numbers that are not the law of the place."""
    origins = {(mark.origin.name, mark.origin.starts): mark.origin for mark in settlement.marks if mark.origin}
    return [_source(origin) for origin in origins.values()]


def _source(origin: Provision) -> Text:
    warning = Text("", "")
    if origin.standing is Standing.DEMONSTRATION:
        warning = Text("（示范数字，并非当地现行规定）", " (demonstration numbers, not the law of the place)")
    elif origin.demonstration:
        warning = Text("（其中部分数字为示范）", " (some of its numbers are demonstration)")
    return Text(
        f"{origin.term}:{origin.source}{warning.zh}",
        f"{origin.name}: {origin.source}{warning.en}",
    )


def _short(origin: Provision) -> str:
    return origin.name.partition(",")[0]


def yuan(fen: int) -> str:
    """Write fen as yuan with thousands separators: `52,000.00`."""
    whole, part = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole:,}.{part:02d}"
