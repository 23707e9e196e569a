#!/usr/bin/env python3
"""Writes the names of models by which LiteLLM knows the provider, from the map of models that its wheel ships.

    pip download litellm==1.106.2 --no-deps
    scripts/bare_names.py litellm-1.106.2-*.whl > gateway/src/config/bare_names.txt

The same wheel gives the same bytes. Of a name without a prefix LiteLLM (`get_llm_provider`) asks these lists, and does
not ask those of the providers that are missing in PROVIDERS: `deepseek-chat` alone is nobody's.
"""

import sys
import textwrap

from prices import MAP, opened

# Of the map's words for a provider: LiteLLM's prefix.
PROVIDERS = {
    "openai": "openai",
    "text-completion-openai": "text-completion-openai",
    "anthropic": "anthropic",
    "cohere": "cohere",
    "cohere_chat": "cohere_chat",
    "vertex_ai-language-models": "vertex_ai",
    "vertex_ai-text-models": "vertex_ai",
    "vertex_ai-embedding-models": "vertex_ai",
    "ai21": "ai21_chat",
    "nlp_cloud": "nlp_cloud",
    "bedrock": "bedrock",
    "bedrock_converse": "bedrock",
}

# Models of pictures that the map lists by size.
UNSIZED = {"openai": ["dall-e-2", "dall-e-3"]}


def main(path):
    rows, version, date = opened(path)
    names = {provider: set(UNSIZED.get(provider, [])) for provider in PROVIDERS.values()}
    for name, row in rows.items():
        provider = PROVIDERS.get(row.get("litellm_provider"))
        # LiteLLM knows models that were tuned by what they were tuned from.
        if provider and "/" not in name and not name.startswith("ft:o"):
            names[provider].add(name)
    print(f"""\
# The provider's prefix, and names of its models that LiteLLM knows without one.
# Source: {MAP.rsplit("/", 1)[1]} of LiteLLM {version} (PyPI, {date};
# MIT licence, Copyright (c) 2023 Berri AI), taken over by scripts/bare_names.py.""")
    for provider in sorted(names):
        for words in textwrap.wrap(" ".join(sorted(names[provider])), 90, break_on_hyphens=False, break_long_words=False):
            print(provider, words)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
