"""`make run`: a working agency in the foreground, from an empty folder to the ready line, and down again."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from cli.children import Child, House, answers, says
from cli.key_holders import employ_key_holders
from cli.payouts import owe_something
from cli.ports import free_port_near, refuse_busy
from cli.processes import inherited_environment, only_one
from cli.reference import install_reference
from cli.refusals import CannotStart
from cli.screen import Screen
from cli.servers import make_private, running_servers
from cli.steps import (
    bill_coming_year,
    fill_city,
    install_catalogue,
    make_bank_customer,
    make_fiscal_account,
    make_keys,
    make_merchant,
    make_reward_desk,
    make_sms_account,
    make_wechat_account,
    migrate,
)
from cli.welcome import welcome
from domain.errors import Text
from domain.settings import Settings

LOOK_AGAIN_SECONDS: Final = 0.2
STOPPED_BY: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody pressed Ctrl-C, closed the window or asked us to end."""


def run_house(settings: Settings, *, people: int | None, seed: int | None) -> int:
    """Start everything, say when it is ready, and stay until we are stopped or a part of it ends.

    Gives the exit code: 0 when a person stopped it, 1 when it could not start or a part ended by itself.
    """
    screen = Screen()
    with _stop_signals():
        try:
            with ExitStack() as stack:
                try:
                    check = _open(stack, settings, people=people, seed=seed, screen=screen)
                    while True:
                        check()
                        time.sleep(LOOK_AGAIN_SECONDS)
                except Stopped:
                    screen.say(Text(zh="正在停止……", en="Stopping …"))
        except CannotStart as refusal:
            screen.refuse(refusal.text)
            return 1
    screen.say(Text(zh="已停止，数据保留。再次 make run 即可继续。", en="Stopped; the data is kept."))
    return 0


def _open(
    stack: ExitStack, settings: Settings, *, people: int | None, seed: int | None, screen: Screen
) -> Callable[[], None]:
    """Open the house step by step; give the check that raises CannotStart when a part of it has ended."""
    began = time.monotonic()
    data = settings.data.expanduser().absolute()
    make_private(data)
    stack.enter_context(only_one(data / "run.lock"))
    refuse_busy(settings.host, settings.port)
    settings = settings.model_copy(update={"data": data, "demo": True})
    settings, check_servers = _with_servers(stack, settings, screen=screen)
    with screen.step(Text(zh="准备密钥和数据表", en="Keys and tables")):
        make_keys(settings)
        migrate(settings)
        install_reference(settings)
    fill_city(settings, people=people, seed=seed, screen=screen)
    bill_coming_year(settings, screen=screen)
    install_catalogue(settings)
    owe_something(settings)
    platform_port = free_port_near(settings.host, settings.port + 1)
    platform = f"http://{settings.host}:{platform_port}"
    wechat_port = free_port_near(settings.host, platform_port + 1)
    wechat = f"http://{settings.host}:{wechat_port}"
    bank_port = free_port_near(settings.host, wechat_port + 1)
    bank = f"http://{settings.host}:{bank_port}"
    texts_port = free_port_near(settings.host, bank_port + 1)
    texts = f"http://{settings.host}:{texts_port}"
    fiscal = f"http://{settings.host}:{free_port_near(settings.host, texts_port + 1)}"
    accounts = {
        "bank": make_bank_customer(data, base_url=bank),
        "wechatpay_merchant": make_merchant(data, base_url=platform),
        "wechat_account": make_wechat_account(data, base_url=wechat),
        "sms_account": make_sms_account(data, base_url=texts),
        **make_fiscal_account(data, base_url=fiscal),
    }
    settings = settings.model_copy(update=accounts)
    make_private(data / "logs")
    house = stack.enter_context(House(logs=data / "logs", environment=_environment(settings)))
    children = (
        *_those_for_reports(settings, after=fiscal, screen=screen),
        *_children(settings, platform=platform, wechat=wechat, bank=bank, texts=texts, fiscal=fiscal),
    )
    for child in children:
        house.start(child)
    for child in children:
        with screen.step(Text(zh=f"启动{child.name.zh}", en=f"Starting: {child.name.en}")):
            house.wait_for(child)
    seconds = time.monotonic() - began
    welcome(screen, settings=settings, platform=platform, wechat=wechat, bank=bank, texts=texts, seconds=seconds)

    def check() -> None:
        check_servers()
        house.check()

    return check


def _with_servers(stack: ExitStack, settings: Settings, *, screen: Screen) -> tuple[Settings, Callable[[], None]]:
    """Fill in the addresses of the wheels' servers where the person named none, and how to see that they run."""
    if settings.database_url and settings.redis_url:
        return settings, lambda: None
    with screen.step(Text(zh="启动 PostgreSQL 和 Valkey", en="Starting PostgreSQL and Valkey")):
        servers = stack.enter_context(running_servers(settings.data))
    addresses = {
        "database_url": settings.database_url or servers.database_url,
        "redis_url": settings.redis_url or servers.redis_url,
    }
    return settings.model_copy(update=addresses), servers.check


def _children(
    settings: Settings, *, platform: str, wechat: str, bank: str, texts: str, fiscal: str
) -> tuple[Child, ...]:
    assert settings.wechatpay_merchant is not None, "The merchant's file was made before."
    python = sys.executable
    merchant = ("--merchant", str(settings.wechatpay_merchant), "--data", str(settings.data / "wechatpay"))
    return (
        Child(
            name=Text(zh="微信支付沙箱", en="WeChat Pay sandbox"),
            log_name="wechatpay",
            command=(python, "-m", "sandbox.wechatpay", *merchant, *_listening_at(platform)),
            ready=says("sandbox ready at"),
        ),
        Child(
            name=Text(zh="微信登录沙箱", en="WeChat sandbox"),
            log_name="wechat",
            command=(
                *(python, "-m", "sandbox.wechat", "--account", str(settings.wechat_account)),
                *_listening_at(wechat),
            ),
            ready=says("sandbox ready at"),
        ),
        Child(
            name=Text(zh="短信沙箱", en="SMS sandbox"),
            log_name="sms",
            command=(python, "-m", "sandbox.sms", "--account", str(settings.sms_account), *_listening_at(texts)),
            ready=says("sandbox ready at"),
        ),
        Child(
            name=Text(zh="银行沙箱", en="bank sandbox"),
            log_name="bank",
            command=(
                *(python, "-m", "sandbox.bank", "--customer", str(settings.bank)),
                *("--data", str(settings.data / "bank"), *_listening_at(bank)),
            ),
            ready=says("sandbox ready at"),
        ),
        Child(
            name=Text(zh="财政票据查验沙箱", en="fiscal platform sandbox"),
            log_name="fiscal",
            command=(
                *(python, "-m", "sandbox.fiscal", "--account", str(settings.data / "fiscal" / "account.json")),
                *("--data", str(settings.data / "fiscal"), *_listening_at(fiscal)),
            ),
            ready=says("sandbox ready at"),
        ),
        Child(
            name=Text(zh="后台作业进程", en="worker"),
            log_name="worker",
            command=(python, "-m", "workers.main"),
            ready=says("worker ready"),
        ),
        Child(
            name=Text(zh="接口服务", en="API"),
            log_name="api",
            command=(python, "-m", "cli", "serve"),
            ready=answers(settings.host, settings.port, "/readyz"),
        ),
    )


def _those_for_reports(settings: Settings, *, after: str, screen: Screen) -> tuple[Child, ...]:
    """Give the reward desk, after everybody who can be trusted with reports has a key."""
    folder = settings.data / "reward-desk"
    desk = _reward_desk(folder, settings.host, after=after)
    with screen.step(Text(zh="举报办理人员的密钥", en="Keys of investigators")):
        employ_key_holders(settings, desk_keys=folder / "keys")
    return desk


def _reward_desk(folder: Path, host: str, *, after: str) -> tuple[Child, ...]:
    """Give the reward desk and the bank of the budget; what the desk holds, no other child finds in its environment."""
    bank = f"http://{host}:{free_port_near(host, int(after.rpartition(':')[2]) + 1)}"
    python, line = sys.executable, make_reward_desk(folder, base_url=bank)
    return (
        Child(
            name=Text(zh="预算资金银行沙箱", en="sandbox of the budget's bank"),
            log_name="budget-bank",
            command=(
                *(python, "-m", "sandbox.bank", "--customer", str(line)),
                *("--data", str(folder / "bank"), *_listening_at(bank)),
            ),
            ready=says("sandbox ready at"),
        ),
        Child(
            name=Text(zh="奖励发放台", en="reward desk"),
            log_name="reward-desk",
            command=(python, "-m", "workers.reward_desk"),
            ready=says("reward desk ready"),
            besides={"YIBAO_REWARD_DESK_KEYS": str(folder / "keys"), "YIBAO_REWARD_DESK_BANK": str(line)},
        ),
    )


def _listening_at(address: str) -> tuple[str, ...]:
    host, _, port = address.removeprefix("http://").rpartition(":")
    return ("--host", host, "--port", port)


def _environment(settings: Settings) -> Mapping[str, str]:
    """Hand our settings to the children under the names by which they read them."""
    assert settings.database_url, "The servers were started before."
    assert settings.redis_url, "The servers were started before."
    return inherited_environment() | {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "YIBAO_DATA": str(settings.data),
        "YIBAO_HOST": settings.host,
        "YIBAO_PORT": str(settings.port),
        "YIBAO_KEYS": str(Path(settings.key_file).absolute()),
        "YIBAO_WECHATPAY_MERCHANT": str(settings.wechatpay_merchant),
        "YIBAO_WECHAT_ACCOUNT": str(settings.wechat_account),
        "YIBAO_SMS_ACCOUNT": str(settings.sms_account),
        "YIBAO_BANK": str(settings.bank),
        "YIBAO_FISCAL_URL": str(settings.fiscal_url),
        "YIBAO_FISCAL_ACCESS_KEY": settings.fiscal_access_key,
        "YIBAO_FISCAL_SECRET": settings.fiscal_secret,
        "YIBAO_DEMO": "true",
        "PYTHONUNBUFFERED": "1",
    }


@contextmanager
def _stop_signals() -> Generator[None]:
    """Turn the first signal into Stopped and ignore the next ones, so that nothing interrupts the stopping."""

    def stopped(*_: object) -> None:
        for name in STOPPED_BY:
            signal.signal(name, signal.SIG_IGN)
        raise Stopped

    # Whoever started us with nohup wants us to outlive the window.
    ours = [name for name in STOPPED_BY if name is not signal.SIGHUP or signal.getsignal(name) is not signal.SIG_IGN]
    before = {name: signal.signal(name, stopped) for name in ours}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
