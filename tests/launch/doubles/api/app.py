"""An API that answers with what it was told, so that a test sees the settings arrive."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from api.ready_made import Demonstration
from domain.settings import RewardDeskSettings, Settings


async def told(_: Request) -> JSONResponse:
    settings = Settings()
    return JSONResponse(
        {
            "database_url": settings.database_url,
            "redis_url": settings.redis_url,
            "keys": settings.key_file.exists(),
            "merchant": settings.wechatpay_merchant.read_text(encoding="utf-8"),
            "demo": settings.demo,
            "reward_desk": str(RewardDeskSettings().reward_desk_keys),
            "bank": settings.bank.read_text(encoding="utf-8"),
        }
    )


def create_app(*, demonstration: Demonstration | None = None) -> Starlette:
    assert demonstration is not None, "`make run` opens the house as a demonstration."
    return Starlette(routes=[Route("/told", told), Route("/readyz", told)])
