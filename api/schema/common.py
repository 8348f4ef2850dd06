"""Arguments and fields that many mutations share."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

Key = Annotated[
    UUID,
    strawberry.argument(description="请求标识：同一标识重复提交只生效一次。 Repeating the same key has one effect."),
]
First = Annotated[int, strawberry.argument(description="本页条数，1 至 100。 Rows on this page, 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="上一页的 endCursor。 Where the last page ended.")]
KEY = "请求标识（UUID）：同一标识重复提交只生效一次。 Repeating the same key has one effect."
ERRORS = "全部不符之处；为空即成功。 Every refusal at once; empty means done."
