"""The golden tables as they stand in docs/fakes.md.

Usage: docs.py [--write]

Without `--write`, says whether the document shows what golden.py holds.
"""

import pathlib
import sys
from collections.abc import Iterator, Sequence

from case import USUAL, Case, older_by_rule
from golden import CURRENT, OLDER, TABLES
from golden_typescript import NODE, TYPESCRIPT
from seen import Range, Sees

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "fakes.md"
BEGIN = "<!-- from here on written by scripts/sdk/docs.py -->\n"
END = "<!-- to here -->\n"


def main() -> None:
    """Writes the tables into the page, or compares."""
    if "--write" in sys.argv:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        PAGE.write_text(before + BEGIN + page() + END + after, encoding="utf-8")
    elif not is_current():
        sys.exit("docs/fakes.md does not show golden.py: run scripts/sdk/docs.py --write")


def is_current() -> bool:
    """Whether the page shows the tables of golden.py."""
    return BEGIN + page() + END in PAGE.read_text(encoding="utf-8")


def page() -> str:
    """All tables."""
    tables = [f"\n**{title}**\n\n{table(cases)}" for title, cases in TABLES.items()]
    return "".join(tables) + f"\n**Where the TypeScript SDKs differ**\n\n{typescript()}\n"


def table(cases: Sequence[Case]) -> str:
    """One table, one row per case, one column per SDK."""
    head = ["`inject:`", *(f"{sdk} {version}" for sdk, version in CURRENT.items())]
    rows = [[_what(case), *(_cell(case, sdk) for sdk in CURRENT)] for case in cases]
    return _markdown([head, *rows])


def typescript() -> str:
    """The cases in which a TypeScript SDK does not do what the Python one does."""
    cases = [case for table in TABLES.values() for case in table]
    head = ["`inject:`", *(f"{sdk} {version} (Node)" for sdk, version in NODE.items())]
    rows = [
        [_what(case), *(_words(TYPESCRIPT[sdk][case.name]) if case.name in TYPESCRIPT[sdk] else "" for sdk in NODE)]
        for case in cases
        if any(case.name in TYPESCRIPT[sdk] for sdk in NODE)
    ]
    return _markdown([head, *rows])


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    head, *rest = rows
    lines = [head, ["---"] * len(head), *rest]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _what(case: Case) -> str:
    both = " and ".join(f"`{flow(inject)}`" for inject in (case.inject, case.also) if inject)
    return both + (", stream" if case.stream else "")


def _cell(case: Case, sdk: str) -> str:
    return "<br>".join(_lines(case, sdk))


def _lines(case: Case, sdk: str) -> Iterator[str]:
    own = [name for name in case.sees if name == sdk or name.startswith(f"{sdk} (")]
    shown: set[str] = set()
    for name in own:
        sees = case.sees[name]
        if (words := _words(sees)) not in shown:
            again = bool(shown) and _what_comes(sees) == _what_comes(case.sees[own[0]])
            yield (f"{name[len(sdk) + 1:]}: " if shown else "") + (_tries(sees) if again else words)
            shown.add(words)
    for name in own[:1]:
        if name in case.older and case.older[name] != older_by_rule(case).get(name):
            yield f"{OLDER[sdk]}: {_words(case.older[name])}"


def _words(sees: Sees) -> str:
    return "; ".join(filter(None, (_what_comes(sees), _tries(sees))))


def _what_comes(sees: Sees) -> str:
    ending = sees.ending
    words = f"`{ending}`" if ending[:1].isupper() or "." in ending else ending
    return f"{words} `{sees.code}`" if sees.code and sees.code != ending else words


def _tries(sees: Sees) -> str:
    if sees.attempts == 1:
        return ""
    waits = "" if sees.waits in USUAL else ", " + " and ".join(map(_range, sees.waits)) + " s apart"
    return f"{sees.attempts} attempts{waits}"


def _range(bounds: Range) -> str:
    low, high = bounds
    return f"{high:g}" if low == high else f"{low:g}–{high:g}"


def flow(value: object) -> str:
    """A value as YAML in flow style, without the braces around the whole of it."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_inner(inner)}" if inner is not None else key for key, inner in value.items())
    return str(value)


def _inner(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + flow(value) + " }"
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    main()
