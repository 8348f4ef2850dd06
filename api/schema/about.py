"""What this house is: open to everybody."""

from __future__ import annotations

from datetime import date

import strawberry

from api.context import Info
from api.schema.enums import enum
from api.scopes import open_to_all
from domain import actors


@strawberry.type(description="本经办机构。 This agency.")
class About:
    """What stands on the door."""

    region: str = strawberry.field(description="统筹区行政区划代码。 The code of the pooling area.")
    today: date = strawberry.field(description="经办机构所在时区的今天。 Today in the agency's time zone.")
    rules_digest: str = strawberry.field(description="现行规则的摘要（SHA-256）。 The digest of the rules in force.")


ActorKind = enum(
    actors.ActorKind,
    "操作者类别。 Which kind of caller.",
    PUBLIC="公众。 Anybody, without a log-in.",
    RESIDENT="参保人。 A resident.",
    STAFF="工作人员。 A member of staff.",
    INSTITUTION="机构。 A hospital, a bank, an office: a machine.",
    SYSTEM="系统。 The house itself.",
)


@strawberry.type(description="当前登录者。 Whoever is asking.")
class Viewer:
    """Whoever is asking, as their token tells."""

    name: str = strawberry.field(description="称呼；未登录为“访客”。 What to call them; 访客 without a log-in.")
    kind: actors.ActorKind = strawberry.field(description="类别。 Which kind of caller.")
    office: str | None = strawberry.field(description="所在机构（工作人员）。 The office of a member of staff.")
    roles: list[str] = strawberry.field(description="岗位（工作人员）。 The roles of a member of staff.")
    scopes: list[str] = strawberry.field(description="此授权可做什么。 What this token may do.")


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

    @strawberry.field(
        extensions=[open_to_all("只说明调用者自己。 Tells callers about themselves only.")],
        description="当前登录者。 Whoever is asking.",
    )
    def viewer(self, info: Info) -> Viewer:
        """Say who is asking."""
        actor = info.context.actor
        return Viewer(
            name=actor.name or "访客",
            kind=actor.kind,
            office=actor.office,
            roles=sorted(actor.roles),
            scopes=sorted(actor.scopes),
        )
