"""The explorer's page: everything from this server, nothing written into the page that could run."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from html.parser import HTMLParser

import httpx2
import pytest
from starlette.applications import Starlette

from api.explorer import BUILT, Explorer, ReadyOperation
from domain.errors import Text
from tests.api.toy import served

EVIL = "\"><script>alert('一')</script>{title}"

EXPLORER = Explorer(
    title=Text("医保经办接口", "Health insurance API"),
    ready=(ReadyOperation(Text("我是谁", EVIL), "query Who { viewer { name } }", {"note": EVIL}),),
    scopes=("person:read", "bill:read"),
    whoami="query Who { viewer { name } }",
)


class Page(HTMLParser):
    """Collect the elements of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def client() -> Iterator[httpx2.Client]:
    app = Starlette(routes=list(EXPLORER.routes()))
    with served(app) as address, closing(httpx2.Client(base_url=address)) as client:
        yield client


def test_the_page_forbids_whatever_does_not_come_from_here(client: httpx2.Client) -> None:
    policy = client.get("/graphiql").headers["content-security-policy"]

    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_the_page_holds_no_script_of_its_own_and_loads_only_its_files(client: httpx2.Client) -> None:
    page = Page(client.get("/graphiql").text)

    loaded = [script["src"] for script in page.all("script")] + [
        link["href"] for link in page.all("link") if link["rel"] == "stylesheet"
    ]
    assert loaded == ["/graphiql/built/explorer.js", "/graphiql/built/explorer.css"]
    assert [client.get(address).status_code for address in loaded] == [200, 200]


def test_what_the_page_offers_survives_any_text(client: httpx2.Client) -> None:
    page = Page(client.get("/graphiql").text)

    (root,) = [element for element in page.all("div") if element.get("id") == "explorer"]
    offered = json.loads(root["data-page"] or "")
    assert offered["ready"][0]["en"] == offered["ready"][0]["variables"]["note"] == EVIL
    assert offered["scopes"] == ["person:read", "bill:read"]
    assert (offered["authorize"], offered["token"], offered["client"]) == (
        "/oauth/authorize",
        "/oauth/token",
        "explorer",
    )


def test_the_title_is_chinese_first(client: httpx2.Client) -> None:
    text = client.get("/graphiql").text

    assert '<html lang="zh-CN">' in text
    assert "<title>医保经办接口 Health insurance API</title>" in text


def test_the_built_files_name_no_other_server_to_load_from() -> None:
    scripts = [path.read_text("utf-8") for path in BUILT.glob("*.js")] + [(BUILT / "explorer.css").read_text("utf-8")]

    loads = re.compile(r"""(?:import\(|from|url\(|src=)\s*["']?https?:""")
    assert len(scripts) > 1
    assert not any(loads.search(script) for script in scripts)


def test_every_built_file_is_smaller_than_a_megabyte_and_licensed() -> None:
    licences = (BUILT / "LICENSES.txt").read_text("utf-8")

    assert max(path.stat().st_size for path in BUILT.iterdir()) < 1_000_000
    assert all(f"{name} " in licences for name in ("graphiql", "react", "react-dom", "graphql", "codemirror"))


def test_the_page_leads_out_of_the_log_in(client: httpx2.Client) -> None:
    page = Page(client.get("/graphiql").text)
    (explorer,) = [attributes for attributes in page.all("div") if attributes.get("id") == "explorer"]
    script = (BUILT / "explorer.js").read_text("utf-8")

    assert [attributes["href"] for attributes in page.all("a")] == ["/oauth/log-out"]
    assert json.loads(str(explorer["data-page"]))["logOut"] == "/oauth/log-out"
    assert re.search(r"href:\w+\.logOut", script), "The built page was made before its source knew of the link."
