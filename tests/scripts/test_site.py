"""The site of docs/ builds without a warning, and every link and anchor of a page has its target."""

import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[2]


class Page(HTMLParser):
    """A built page: its anchors, the addresses of its links, and its text outside of code."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: set[str] = set()
        self.prose: list[str] = []
        self._code = 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.anchors |= {values["id"] or ""} if "id" in values else set()
        self.links |= {values["href"] or ""} if tag == "a" and "href" in values else set()
        self._code += tag in ("code", "script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in ("code", "script", "style")

    def handle_data(self, data: str) -> None:
        if not self._code:
            self.prose.append(data)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", f"--site-dir={folder}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in site.glob("*.html") if path.name != "404.html"}


def test_every_page_of_docs_is_built(pages: dict[Path, Page]) -> None:
    assert {path.stem for path in pages} == {path.stem for path in ROOT.glob("docs/*.md")}


def test_every_link_has_a_target(pages: dict[Path, Page]) -> None:
    assert sum(len(page.links) for page in pages.values()) > 1000
    assert [*broken(pages)] == []


def broken(pages: dict[Path, Page]) -> Iterator[str]:
    """Yield the links to missing files and anchors, on the site and in the repository."""
    repository = yaml.safe_load((ROOT / "mkdocs.yml").read_text().partition("theme:")[0])["repo_url"]
    for path, page in pages.items():
        for link in page.links:
            inside = link.removeprefix(f"{repository}/blob/main/")
            parts = urlsplit(inside)
            if parts.scheme:
                continue
            target = (
                ROOT / parts.path if inside != link else path.parent / unquote(parts.path or path.name)
            ).resolve()
            anchors = pages[target].anchors if target in pages else {parts.fragment}
            if not target.exists() or (parts.fragment and unquote(parts.fragment) not in anchors):
                yield f"{path.name}: {link}"


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    text = (site / "index.html").read_text()
    assert 'src="http' not in text
    assert 'rel="stylesheet" href="http' not in text


def test_all_of_the_markdown_is_understood(pages: dict[Path, Page]) -> None:
    """Without a blank line before it, a list would stay text, as would a table inside of a list."""
    texts = {path.name: "".join(page.prose) for path, page in pages.items()}
    marks = ("\n* ", "\n| ", "](", "```")
    assert [(name, mark) for name, text in texts.items() for mark in marks if mark in text] == []
