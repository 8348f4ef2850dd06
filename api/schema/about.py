"""What this house is: open to everybody."""

from __future__ import annotations

from datetime import date

import strawberry

from api.context import Info
from api.scopes import open_to_all


@strawberry.type(description="本经办机构。 This agency.")
class About:
    """What stands on the door."""

    region: str = strawberry.field(description="统筹区行政区划代码。 The code of the pooling area.")
    today: date = strawberry.field(description="经办机构所在时区的今天。 Today in the agency's time zone.")
    rules_digest: str = strawberry.field(description="现行规则的摘要（SHA-256）。 The digest of the rules in force.")


@strawberry.type
class AboutQuery:
    """Asking about the agency itself."""

    @strawberry.field(
        extensions=[open_to_all("说明本机构与规则版本，无个人信息。 Nothing personal.")],
        description="本经办机构与现行规则。 This agency and the rules in force.",
    )
    def about(self, info: Info) -> About:
        """Say who we are."""
        resources = info.context.resources
        return About(region=resources.settings.region, today=info.context.today, rules_digest=resources.book.digest)
