"""What scripts and tests use to steer and to watch the bank. A real one has nothing of this."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.bank.behaviour import Behaviour, Unheard
from sandbox.bank.business import Business


@dataclass(frozen=True, slots=True)
class Control:
    """The endpoints under `/sandbox`."""

    business: Business

    def routes(self) -> list[Route]:
        return [
            Route("/sandbox/payments", self.list_payments, methods=["GET"]),
            Route("/sandbox/payments/{number}", self.show, methods=["GET"]),
            Route("/sandbox/payments/{number}/return", self.send_back, methods=["POST"]),
            Route("/sandbox/counts", self.count, methods=["GET"]),
            Route("/sandbox/behaviour", self.set_behaviour, methods=["POST"]),
            Route("/sandbox/behaviour", self.show_behaviour, methods=["GET"]),
            Route("/sandbox/behaviour", self.behave_well, methods=["DELETE"]),
        ]

    async def list_payments(self, _: Request) -> Response:
        newest = list(self.business.store.movements.values())[-200:]
        return _json({"payments": [asdict(movement) for movement in reversed(newest)]})

    async def show(self, request: Request) -> Response:
        self.business.settle_due()
        found = self.business.store.all_of(request.path_params["number"])
        return _json({"movements": [asdict(movement) for movement in found]})

    async def send_back(self, request: Request) -> Response:
        """Let the payee's bank send a payment back, now."""
        found = [movement for movement in self.business.store.all_of(request.path_params["number"]) if movement.is_out]
        if not found or found[0].state != "DONE":
            return _json({"error": "Nothing was paid under this number."}, 404)
        return _json({"movement": asdict(self.business.send_back(found[0]))})

    async def count(self, _: Request) -> Response:
        """Say for each number how often its money left, and to the fen how much."""
        self.business.settle_due()
        times: Counter[str] = Counter()
        fen: Counter[str] = Counter()
        for movement in self.business.store.movements.values():
            if movement.state == "DONE" and movement.is_out:
                times[movement.number] += 1
                fen[movement.number] += movement.fen
        return _json({"times": times, "fen": fen})

    async def set_behaviour(self, request: Request) -> Response:
        """Behave so from now on: towards the instruction that `number` names, or towards all."""
        wishes: dict[str, Any] = orjson.loads(await request.body() or b"{}")
        number = str(wishes.pop("number", ""))
        try:
            behaviour = Behaviour.parse(wishes)
        except Unheard as error:
            return _json({"error": str(error)}, 400)
        self.business.store.behave(behaviour, number=number)
        return _json({number or "*": asdict(behaviour)})

    async def show_behaviour(self, _: Request) -> Response:
        behaviours = self.business.store.behaviours
        return _json({number or "*": asdict(behaviour) for number, behaviour in behaviours.items()})

    async def behave_well(self, _: Request) -> Response:
        self.business.store.behave_well()
        return Response(status_code=204)


def _json(document: Mapping[str, object], status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, media_type="application/json")
