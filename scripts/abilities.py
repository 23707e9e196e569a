#!/usr/bin/env python3
"""Writes scenarios/abilities.yaml from the map of models that a wheel of LiteLLM ships.

    pip download litellm==1.106.2 --no-deps
    scripts/abilities.py litellm-1.106.2-*.whl > scenarios/abilities.yaml

The same wheel gives the same bytes. The models are those of the price list (scripts/prices.py). Of each is taken how
long a prompt may be, and what the map says outright that it cannot: what is merely not mentioned there, it may well do.
One silence is a no: of OpenAI's models each that sees says so in the map. Azure sells the same ones.
"""

import json
import re
import sys

from prices import MAP, ROWS, chosen, opened

# Keys of the map, and the words of the file.
ABILITIES = [
    ("supports_vision", "vision"),
    ("supports_audio_input", "audio_input"),
    ("supports_pdf_input", "pdf_input"),
    ("supports_function_calling", "function_calling"),
    ("supports_response_schema", "response_schema"),
]


VISION = "supports_vision"


def is_blind(key, rows):
    """Whether it is a model of OpenAI's that does not see, wherever it is sold."""
    own = key.removeprefix("azure/").replace("gpt-35-", "gpt-3.5-")
    row = rows.get(own, {})
    return row.get("litellm_provider") == "openai" and not row.get(VISION) and not rows[key].get(VISION)


def said(key, rows):
    """What a row says that bears on a choice; nothing where it says nothing."""
    row = rows[key]
    window = row.get("max_input_tokens")
    lacks = [word for key, word in ABILITIES if row.get(key) is False]
    if is_blind(key, rows) and "vision" not in lacks:
        lacks.insert(0, "vision")
    parts = [f"max_input_tokens: {window}"] if isinstance(window, int) and window > 0 else []
    return parts + ([f"lacks: [{', '.join(lacks)}]"] if lacks else [])


def line(key, parts):
    name = key if re.fullmatch(r"[A-Za-z0-9_./-]+", key) else json.dumps(key)
    return f"  {name}: {{ {', '.join(parts)} }}"


def main(path):
    rows, version, date = opened(path)
    sections = []
    for title, *which in ROWS:
        named = [(key, said(key, rows)) for key, _ in chosen(rows, *which)]
        sections.append((title, [line(key, parts) for key, parts in named if parts]))
    count = sum(len(lines) for _, lines in sections)
    print(f"""\
# What models can be asked: {count} models of text, how long a prompt may be in tokens, and what they cannot do. A dated
# snapshot, by which deployments are preferred and never refused: what a model can is its provider's word in the end.
# `model_info` of the config comes before it; what stands neither there nor here, a model can.
#
# Source: {MAP.rsplit("/", 1)[1]} of LiteLLM {version} (PyPI, {date};
# MIT licence, Copyright (c) 2023 Berri AI), taken over by scripts/abilities.py.
source: litellm {version}
date: {date}
models:""")
    for title, lines in sections:
        print(f"  # {title}")
        print("\n".join(lines))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
