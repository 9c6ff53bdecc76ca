"""Whatever cites a page of docs/ leads to a file and a heading that exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = (
    *("booon_console", "sellers", "integration", "tests"),
    *("templates", "docs", "clients", "deploy"),
)
# Not ours: the TypeScript client's tools, and what they build.
NOT_OURS = {"node_modules", "dist"}
READ = {".css", ".html", ".js", ".md", ".py", ".toml", ".yaml"}
# Not `/api/docs/`, nor `…/docs/` of somebody else.
CITED = re.compile(r"(?<![\w/.-])docs/[\w./-]*\w(?:#[\w-]+)?")
LINK = re.compile(r"\]\(([^)\s]+)\)")
OLD = re.compile(
    r"contract, +[0-9]|\b[Ss]ections? [0-9]|[Cc]ommon rules[,:]|CONTRACT\.md|RELIABILITY"
)
HEADING = re.compile(r"#{1,6} +(.+?) *#*$")


def our_files() -> list[Path]:
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    found += [*ROOT.glob("*.*"), ROOT / "Makefile"]
    ours = [path for path in found if path.suffix in READ or path.name == "Makefile"]
    ours = [path for path in ours if not NOT_OURS & set(path.parts)]
    return sorted(path for path in ours if path.is_file() and path != Path(__file__))


def slug(heading: str) -> str:
    """As GitHub makes an anchor: words and hyphens, in lower case, a hyphen for each space."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def anchors(page: str) -> set[str]:
    """The anchors of a page's headings; one that comes again gets -1, -2 and so on."""
    found: dict[str, int] = {}
    anchors: set[str] = set()
    fenced = False
    for line in page.splitlines():
        fenced ^= line.startswith("```")
        heading = HEADING.match(line)
        if heading and not fenced:
            name = slug(heading[1])
            found[name] = found.get(name, -1) + 1
            anchors.add(f"{name}-{found[name]}" if found[name] else name)
    return anchors


def problem(target: str, folder: Path) -> str:
    """What is wrong with a link that starts at `folder`, or ""."""
    path, _, anchor = target.partition("#")
    page = folder / path
    if not page.exists():
        return "no such file"
    if anchor and anchor not in anchors(page.read_text()):
        return "no such heading"
    return ""


def citations(path: Path, text: str) -> Iterator[tuple[str, Path]]:
    """Each link of a page, and each `docs/…` in its text, with the folder that it starts at."""
    if path.suffix == ".md":
        for target in LINK.findall(text):
            if not re.match(r"[a-z]+:", target):
                yield (
                    (target, path.parent) if target[0] != "#" else (path.name + target, path.parent)
                )
        text = LINK.sub("", text)
    for target in CITED.findall(text):
        yield target, ROOT


def test_every_citation_leads_to_a_file_and_a_heading_that_exist():
    files = {path: path.read_text() for path in our_files()}
    cited = [
        (str(path.relative_to(ROOT)), target, folder)
        for path, text in files.items()
        for target, folder in citations(path, text)
    ]
    wrong = [(*each[:2], why) for each in cited if (why := problem(each[1], each[2]))]

    assert wrong == []
    assert len(cited) > 200


def test_no_page_is_cited_by_the_number_of_a_section():
    found = [
        (str(path.relative_to(ROOT)), cited)
        for path in our_files()
        for cited in OLD.findall(" ".join(path.read_text().split()))
    ]

    assert found == []


def test_each_decision_stands_in_the_index_once_in_the_order_of_its_number():
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"^- \[(\d+)\]\((.+?)\)", (folder / "README.md").read_text(), re.M)
    decisions = sorted(path.name for path in folder.glob("[0-9]*.md"))

    assert [name for _, name in listed] == decisions
    assert [int(number) for number, _ in listed] == [int(name[:4]) for name in decisions]


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("1 Get Auth Token", "1-get-auth-token"),
        ("1.4 Webhooks from EasyEcom", "14-webhooks-from-easyecom"),
        ("What's in `settings.py`?", "whats-in-settingspy"),
        ("A – B", "a--b"),
        ("See [the feed](feed.md)", "see-the-feed"),
    ],
)
def test_an_anchor_is_made_as_github_makes_it(heading, anchor):
    assert anchors(f"## {heading}\n") == {anchor}


def test_a_heading_that_comes_again_gets_a_number_and_one_in_a_block_of_code_counts_not():
    page = "# Page\n## Success\n```\n# none\n```\n## Success\n    # none\n"

    assert anchors(page) == {"page", "success", "success-1"}


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("docs/nowhere.md", "no such file"),
        ("docs/decisions/0001", "no such file"),
        ("docs/settings.md#nothing", "no such heading"),
        ("docs/settings.md#notes", ""),
    ],
)
def test_a_citation_that_leads_nowhere_is_found(target, why):
    [(cited, folder)] = citations(ROOT / "page.py", f'"""As it stands in {target}."""')

    assert (cited, problem(cited, folder)) == (target, why)


@pytest.mark.parametrize(
    "text",
    [
        "EasyEcom contract, section 5",
        "(contract, sections 7 and 8)",
        "Section 5: it may be missing",
        "Common rules, 2",
        "CONTRACT.md, 5",
        "RELIABILITY",
    ],
)
def test_the_old_form_is_found(text):
    assert OLD.search(text)
