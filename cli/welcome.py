"""The ready line: where the house is, who lives in it, and what to try first."""

from __future__ import annotations

from rich.cells import set_cell_size

from cli.screen import Screen
from domain.settings import Settings


def welcome(
    screen: Screen, *, settings: Settings, platform: str, wechat: str, bank: str, texts: str, seconds: float
) -> None:
    """Print what a stranger needs for the first five minutes."""
    console = screen.console
    console.print()
    console.print(f"[bold green]就绪 Ready[/] · {seconds:.0f} s · Ctrl-C 停止 stops everything\n")
    _print_addresses(screen, settings=settings, platform=platform, wechat=wechat, bank=bank, texts=texts)
    _print_people(screen)
    _print_first_steps(screen, settings=settings)


def _print_addresses(screen: Screen, *, settings: Settings, platform: str, wechat: str, bank: str, texts: str) -> None:
    lines = (
        ("GraphiQL", f"{settings.origin}/graphiql", "在浏览器里试用 try it in the browser"),
        ("GraphQL", f"{settings.origin}/graphql", "接口 the API"),
        ("Reports", f"{settings.origin}/tipoffs", "举报骗保，不用登录 report misuse, without a log-in"),
        ("WeChat Pay", platform, "微信支付沙箱 a platform that moves no money"),
        ("WeChat", wechat, "微信登录沙箱 a WeChat to log in by: docs/guides/wechat-login.md"),
        ("SMS", texts, "短信沙箱 residents' codes, as their phones would show them"),
        ("Bank", f"{bank}/sandbox/payments", "银行沙箱 a bank that moves no money"),
        ("Logs", str(settings.data / "logs"), "各部分日志 a file for each part"),
    )
    for name, where, what in lines:
        screen.console.print(f"  {set_cell_size(name, 12)}[bold]{where}[/]  [dim]{what}[/]", soft_wrap=True)


def _print_people(screen: Screen) -> None:
    import city

    people = city.demo_people()
    screen.console.print(
        f"\n[bold]谁可以登录 Who can log in[/] · 密码都是 password of all: [bold]{people[0].password}[/]"
    )
    staff = next((person for person in people if person.secret), None)
    if staff is not None:
        screen.console.print(
            f"  工作人员还需验证码 staff also give a code: [bold]yibao demo-code {staff.account}[/]\n"
            "  居民的验证码发到手机，见短信沙箱 residents get theirs by message: [bold]yibao demo-code parent[/]\n"
            f"  [dim]或用验证器应用添加密钥 or add the key to an authenticator app: base32(yibao-demo-账号 account),"
            f" {staff.account}: {staff.secret}[/]",
            soft_wrap=True,
        )
    for person in people:
        account, name = set_cell_size(person.account, 16), set_cell_size(person.name, 8)
        screen.console.print(
            f"  [bold]{account}[/]{name}{person.who.zh} → {person.tries.zh}\n"
            f"  {' ' * 24}[dim]{person.who.en} → {person.tries.en}[/]",
            soft_wrap=True,
        )


def _print_first_steps(screen: Screen, *, settings: Settings) -> None:
    steps = (
        (
            f"打开 {settings.origin}/graphiql,以 parent 登录，运行“我的首页”：我是谁、我的家人、参保和账单。",
            "Open it, log in as parent and run “My first page”: who I am, my family, coverage and bills.",
        ),
        (
            "运行“缴费”，填入首页上的账单 id,打开返回的地址在沙箱里付款，再看一次首页：已参保。",
            "Run “Pay” with the bills' ids, pay at the address that it answers, and look again: covered.",
        ),
        (
            "以 accountant 登录，运行“试算平衡”：同一分钱已在基金账上。",
            "Log in as accountant and run “Trial balance”: the same fen stands in the fund's books.",
        ),
    )
    screen.console.print("\n[bold]先试这三件事 Three things to try first[/]")
    for number, (zh, en) in enumerate(steps, start=1):
        screen.console.print(f"  {number}. {zh}\n     [dim]{en}[/]", soft_wrap=True)
    screen.console.print()
