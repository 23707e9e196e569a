#!/usr/bin/env python3
"""Writes what models are for that answer no prompt with text, from the map of models that LiteLLM's wheel ships.

    pip download litellm==1.106.2 --no-deps
    scripts/modes.py litellm-1.106.2-*.whl > gateway/src/config/modes.txt

The same wheel gives the same bytes. LiteLLM asks this map where a config has no `model_info.mode`.
"""

import sys
import textwrap

from prices import MAP, opened

# What answers a prompt with text, and what is no kind of model.
TEXT = {"chat", "completion", "responses", None}


def main(path):
    rows, version, date = opened(path)
    names = {}
    for name, row in rows.items():
        mode = row.get("mode")
        # Models of pictures that are asked by a prompt, too.
        if "/v1/chat/completions" in row.get("supported_endpoints", []):
            continue
        # Prices of pictures by their size, and the row that explains the map, are no models.
        if mode not in TEXT and "-x-" not in name and " " not in mode and " " not in name:
            names.setdefault(mode, []).append(name.lower())
    print(f"""\
# What models are for that answer no prompt with text: LiteLLM's word (`model_info.mode`), and names as its map has them.
# Source: {MAP.rsplit("/", 1)[1]} of LiteLLM {version} (PyPI, {date};
# MIT licence, Copyright (c) 2023 Berri AI), taken over by scripts/modes.py.""")
    for mode in sorted(names):
        for words in textwrap.wrap(" ".join(sorted(set(names[mode]))), 90, break_on_hyphens=False, break_long_words=False):
            print(mode, words)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
