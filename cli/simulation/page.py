"""One page for people who decide: self-contained, no script, no request to anybody, Chinese first."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Final

from domain import whatif
from domain.errors import Text

if TYPE_CHECKING:
    from cli.simulation.paper import ChangedValue
    from cli.simulation.show import Findings, Sheet, Shown

_BAR_WIDTH: Final = 1000
_BAR_HEIGHT: Final = 24
_CHANGES_MOST: Final = 60

_STYLE: Final = """
:root { color-scheme: light; --ink: #1c2733; --quiet: #5b6875; --line: #dfe5ea; --paper: #fff; --ground: #f4f6f8;
  --more: #b4532a; --less: #1f7a6d; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.6 "Noto Sans SC", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 1.6rem; line-height: 1.3; margin: 8px 0 4px; }
h2 { font-size: 1.2rem; margin: 0 0 2px; }
section, header { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; padding: 20px;
  margin: 0 0 16px; }
p { margin: 8px 0; }
small, .en { color: var(--quiet); font-size: .85rem; font-weight: 400; }
.en { display: block; line-height: 1.4; }
.lead p { font-size: 1.05rem; }
.row { display: grid; grid-template-columns: minmax(150px, 27%) 1fr minmax(120px, auto); gap: 12px;
  align-items: center; padding: 6px 0; border-top: 1px solid var(--line); }
.row svg { width: 100%; height: 22px; display: block; }
.number, td { font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; }
.more { fill: var(--more); } .less { fill: var(--less); } .axis { stroke: #8f9ba6; stroke-width: 2; }
.scroll { overflow-x: auto; margin-top: 14px; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; }
th, td { padding: 6px 10px; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { text-align: right; white-space: nowrap; }
th:first-child { text-align: left; font-weight: 600; min-width: 9em; position: sticky; left: 0;
  background: var(--paper); }
ul { list-style: none; margin: 8px 0 0; padding: 0; }
li { border-top: 1px solid var(--line); padding: 8px 0; }
.from { font-weight: 400; color: var(--quiet); }
summary { cursor: pointer; margin-top: 14px; color: #14598c; }
code { overflow-wrap: anywhere; font-size: .8rem; }
@media (max-width: 620px) {
  main { padding: 8px 8px 40px; } section, header { padding: 14px; }
  .row { grid-template-columns: 1fr auto; } .row svg { grid-column: 1 / 3; grid-row: 2; height: 14px; }
}
@media print { body { background: #fff; } section, header { break-inside: avoid; border: 0; } }
"""


def page_of(findings: Findings, sheets: Sequence[Sheet], summary: Sequence[Text]) -> str:
    """Make the page."""
    policy = f"default-src 'none'; style-src 'sha256-{_hash_of(_STYLE)}'; base-uri 'none'; form-action 'none'"
    body = [
        _header(findings, summary),
        _changes(findings.changes),
        *map(_section, sheets),
        _notes(findings),
    ]
    return (
        "<!doctype html>\n"
        '<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>待遇调整测算 {findings.region} {findings.year}</title>\n"
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n" + "\n".join(body) + "\n</main>\n</body>\n</html>\n"
    )


def _header(findings: Findings, summary: Sequence[Text]) -> str:
    return (
        f"<header class=lead><small>{escape(findings.region)} · {findings.year}</small>"
        f"<h1>待遇调整测算 <span class=en>What if the rules were changed</span></h1>{_paragraphs(summary)}</header>"
    )


def _hash_of(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def _both(text: Text) -> str:
    return f"{escape(text.zh)}<span class=en>{escape(text.en)}</span>"


def _paragraphs(texts: Iterable[Text]) -> str:
    return "".join(f"<p>{_both(text)}</p>" for text in texts)


def _changes(changes: Sequence[ChangedValue]) -> str:
    if not changes:
        return ""
    rows = "".join(
        f"<li><b>{escape(one.term)}</b> <small>{escape(one.scheme)} · {one.starts}</small>"
        f"<div><b class=from>{escape(one.before)}</b> → <b>{escape(one.after)}</b></div>"
        f"<code>{escape(one.path)}</code></li>"
        for one in changes[:_CHANGES_MOST]
    )
    more = len(changes) - _CHANGES_MOST
    rest = f"<p>另有 {more} 项。<span class=en>And {more} more.</span></p>" if more > 0 else ""
    return f"<section><h2>调整了什么<span class=en>What was changed</span></h2><ul>{rows}</ul>{rest}</section>"


def _section(sheet: Sheet) -> str:
    widest = max((abs(row.bar) for row in sheet.rows), default=0)
    two_sided = any(row.bar < 0 for row in sheet.rows)
    bars = "".join(
        f"<div class=row><div>{_both(row.name)}</div>{_bar(row, widest=widest, two_sided=two_sided)}"
        f"<div class=number>{escape(row.bar_text)}</div></div>"
        for row in sheet.rows
    )
    heads = "".join(f"<th scope=col>{_both(heading)}</th>" for heading in sheet.headings)
    rows = "".join(
        f"<tr><th scope=row>{_both(row.name)}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in row.cells)}</tr>"
        for row in sheet.rows
    )
    if not rows:
        return ""
    return (
        f"<section><h2>{_both(sheet.title)}</h2><p><small>{escape(sheet.bars.zh)} {escape(sheet.bars.en)}</small></p>"
        f"{bars}<details><summary>全部数字 All figures</summary><div class=scroll><table>"
        f"<thead><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table></div></details></section>"
    )


def _bar(row: Shown, *, widest: int, two_sided: bool) -> str:
    """Draw one bar from the middle, or from the left where nothing is negative; the number stands beside it."""
    room = _BAR_WIDTH // 2 if two_sided else _BAR_WIDTH
    zero = _BAR_WIDTH // 2 if two_sided else 0
    width = max(abs(row.bar) * room // widest, 2) if row.bar and widest else 0
    left = zero - width if row.bar < 0 else zero
    kind = "less" if row.bar < 0 else "more"
    return (
        f'<svg viewBox="0 0 {_BAR_WIDTH} {_BAR_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(row.name.zh)} {escape(row.bar_text)}">'
        f'<rect class="{kind}" x="{left}" y="3" width="{width}" height="{_BAR_HEIGHT - 6}"/>'
        f'<line class="axis" x1="{zero}" y1="0" x2="{zero}" y2="{_BAR_HEIGHT}"/></svg>'
    )


def _notes(findings: Findings) -> str:
    least = whatif.LEAST_PERSONS
    notes = (
        Text(
            "每一笔都由结算引擎按两套规则各算一遍，逐人按年累计；没有另外的算法。",
            "Every case was settled by the settlement engine, once by each rule book, each person's year in order.",
        ),
        Text(
            "测算不含就医行为的变化：待遇变了，人们的选择也会变。",
            "People go where they went: what a change does to their choices is not in these figures.",
        ),
        Text(
            f"不足 {least} 人的分组与相邻分组合并，以免看出个人。",
            f"Groups of fewer than {least} people are put together with others, so that nobody is recognised.",
        ),
        Text(
            "同一人可出现在几级医院或几类人员中，这两表的人数相加会大于总人数。",
            "Somebody can be in several hospital levels or classes, so the people of those tables add up to more.",
        ),
        Text("规则中标明“示范”的数字不是现行规定。", "Numbers marked as demonstration in the rules are not the law."),
    )
    digests = f"<p><small>现行规则 now</small> <code>{findings.before}</code></p>"
    digests += f"<p><small>调整后 then</small> <code>{findings.after}</code></p>"
    return f"<section><h2>说明<span class=en>Notes</span></h2>{_paragraphs(notes)}{digests}</section>"
