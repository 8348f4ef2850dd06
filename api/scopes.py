"""The guard on a field: which scope a token needs, printed in the schema as `@scope(is: …)`.

A root field without a guard does not exist: it either `needs(Scope.X)` or is `open_to_all(reason)`. A house test
walks the schema and refuses a field with neither.
"""

from __future__ import annotations

from dataclasses import dataclass

import strawberry
from strawberry.extensions.field_extension import AsyncExtensionResolver, FieldExtension, SyncExtensionResolver
from strawberry.schema_directive import Location
from strawberry.types.field import StrawberryField

from api.context import Info
from api.errors import forbidden, log_in_anew, unauthenticated
from domain import identity
from domain.actors import ActorKind, Scope
from domain.errors import Text


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="scope",
    description="调用此字段所需的授权范围。 The scope that a token needs for this field.",
)
class ScopeDirective:
    """Shows the scope of a field in the published schema; two scopes are joined by `or`."""

    value: str = strawberry.directive_field(name="is")


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="open",
    description="此字段向公众开放，并说明理由。 This field is open to everybody, and why.",
)
class OpenDirective:
    """Shows that a field is public on purpose."""

    because: str = strawberry.directive_field(name="because")


@dataclass(frozen=True)
class Needs(FieldExtension):
    """Lets a call through only with the scope, or with the `other` that residents have for what is their own.

    Which rows it may see is another question, asked in the query.
    """

    scope: Scope
    other: Scope | None = None

    def apply(self, field: StrawberryField) -> None:
        """Print the scope into the SDL."""
        _print(field, ScopeDirective(value=" or ".join(filter(None, (self.scope, self.other)))))

    def resolve(self, next_: SyncExtensionResolver, source: object, info: Info, **kwargs: object) -> object:
        """Check, then go on."""
        self._check(info)
        return next_(source, info, **kwargs)

    async def resolve_async(
        self, next_: AsyncExtensionResolver, source: object, info: Info, **kwargs: object
    ) -> object:
        """Check, then go on."""
        self._check(info)
        return await next_(source, info, **kwargs)

    def _check(self, info: Info) -> None:
        if self.scope in info.context.scopes:
            if identity.must_log_in_anew(info.context.actor, scope=self.scope, now=info.context.now):
                raise log_in_anew(scope=self.scope, within=identity.RECENT_LOG_IN)
            return
        if self.other in info.context.scopes:
            return
        if info.context.actor.kind is ActorKind.PUBLIC:
            raise unauthenticated(Text("请先登录。", f"Log in first: this field needs the scope {self.scope}."))
        text = Text(f"此授权不含 {self.scope}。", f"This token lacks the scope {self.scope}.")
        raise forbidden(text, scope=self.scope)


@dataclass(frozen=True)
class OpenToAll(FieldExtension):
    """Marks a field as public on purpose."""

    because: str

    def apply(self, field: StrawberryField) -> None:
        """Print the reason into the SDL."""
        _print(field, OpenDirective(because=self.because))


def needs(scope: Scope, *, own: Scope | None = None) -> Needs:
    """Guard a field with a scope, or with the `own` one that residents have for what is theirs."""
    return Needs(scope, own)


def open_to_all(because: str) -> OpenToAll:
    """Leave a field open, with the reason."""
    return OpenToAll(because)


def _print(field: StrawberryField, directive: object) -> None:
    # The same field is set up anew for every schema that is built from it.
    if directive not in field.directives:
        field.directives.append(directive)
