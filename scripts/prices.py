#!/usr/bin/env python3
"""Writes scenarios/prices.yaml from the price map that a wheel of LiteLLM ships.

    pip download litellm==1.106.2 --no-deps
    scripts/prices.py litellm-1.106.2-*.whl > scenarios/prices.yaml

The same wheel gives the same bytes. What is chosen from its several thousand rows: models of text that are
sold by the token, of the providers in ROWS, at the standard tier.
"""

import json
import re
import sys
import zipfile

MAP = "litellm/model_prices_and_context_window_backup.json"

# By LiteLLM's name of the provider: which of its keys are taken.
ROWS = [
    ("OpenAI", ["openai"], r"(gpt-(3\.5|4|5|6)|o[134])"),
    ("Azure OpenAI", ["azure"], r"azure/(gpt-(35|4|5|6)|o[134]|(eu|us)/(gpt-4o|gpt-4\.1|gpt-5|o[134])(-mini|-nano)?$)"),
    ("Anthropic", ["anthropic"], r"claude-"),
    ("Gemini API", ["gemini"], r"gemini/gemini-([23]|flash|pro)"),
    ("Vertex AI", ["vertex_ai-language-models"], r"gemini-[23]"),
    ("Claude on Vertex AI", ["vertex_ai-anthropic_models"], r"vertex_ai/claude-[a-z0-9-]+$"),
    ("Bedrock", ["bedrock", "bedrock_converse"], r"((us|eu|global)\.)?(anthropic\.claude-(3|haiku|sonnet|opus|fable)|amazon\.nova|meta\.llama(3-[1-9]|4)|mistral\.mistral-(large|small)|openai\.gpt-oss-\d+b)[^/]*$"),
    ("Groq", ["groq"], r"groq/"),
    ("Mistral", ["mistral"], r"mistral/(codestral|ministral|magistral|mistral|open-mistral|pixtral|devstral)"),
    ("DeepSeek", ["deepseek"], r"deepseek"),
    ("xAI", ["xai"], r"xai/grok-[0-9a-z.-]+$"),
    ("Cohere", ["cohere_chat"], r"command-"),
    ("Together AI", ["together_ai"], r"together_ai/(deepseek-ai/DeepSeek-[VR][34.1]*($|-\d|-Pro|-Flash)|meta-llama/.*(3\.3-70B|Llama-4|3\.1-405B)|moonshotai/Kimi|openai/gpt-oss|zai-org/GLM|Qwen/Qwen3-(Coder|235B|Next)|Qwen/Qwen2\.5-7B)"),
    ("Fireworks AI", ["fireworks_ai"], r"fireworks_ai/accounts/fireworks/models/(deepseek-v[34]|deepseek-r1-0528$|glm-|gpt-oss|kimi|llama-v3p[13]-|llama4|qwen3-(235b|coder))"),
    ("Perplexity", ["perplexity"], r"perplexity/sonar(-pro|-reasoning-pro|-reasoning|-deep-research)?$"),
    ("Cerebras", ["cerebras"], r"cerebras/"),
    ("Moonshot", ["moonshot"], r"moonshot/kimi"),
]

# What is no chat about text, or nobody's everyday model.
NEVER = re.compile(
    r"(^|[/-])(ft:|audio|realtime|search|computer-use|transcribe|tts|vision-preview|guard|safeguard|prompt-guard"
    r"|robotics|lyria|omni|exp|learnlm|cyber|research|mythos|rosalind|deep|beta|experimental|cli|code-agent|fim"
    r"|customtools|multi-agent|gv2|instant|sonic|canvas|reel)(?![a-z])"
)

DATE = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{8})$")

# Anthropic's models of the third generation are no longer in the map under Anthropic's own names; Bedrock
# sells them at the same price.
RETIRED = re.compile(r"anthropic\.(claude-3-[a-z0-9-]+-\d{8})-v\d+:\d+$")


def per_million(row):
    """Dollars per million tokens of a row, or None where it is not sold by the token."""
    costs = [row.get("input_cost_per_token"), row.get("output_cost_per_token")]
    if not all(isinstance(cost, (int, float)) and cost > 0 for cost in costs):
        return None
    return [f"{cost * 1e6:.6f}".rstrip("0").rstrip(".") for cost in costs]


def line(key, price, known=True):
    name = key if re.fullmatch(r"[A-Za-z0-9_./-]+", key) else json.dumps(key)
    foreign = "" if known else ", litellm: false"
    return f"  {name}: {{ input: {price[0]}, output: {price[1]}{foreign} }}"


def chosen(rows, providers, pattern):
    for key in sorted(rows):
        row = rows[key]
        if row.get("litellm_provider") not in providers or row.get("mode", "chat") not in ("chat", "responses"):
            continue
        price = per_million(row)
        # A dated snapshot at the price of the name without a date is found by that name.
        undated = rows.get(DATE.sub("", key)) if DATE.search(key) else None
        if undated and per_million(undated) == price:
            continue
        if price and re.match(pattern, key) and not NEVER.search(key):
            yield key, price


def retired(rows):
    for key in sorted(rows):
        named = RETIRED.match(key)
        price = per_million(rows[key]) if named else None
        if price and named[1] not in rows:
            yield named[1], price


def opened(path):
    """Rows of a wheel's map, its version, and the date of the map."""
    with zipfile.ZipFile(path) as wheel:
        rows = json.loads(wheel.read(MAP))
        year, month, day, *_ = wheel.getinfo(MAP).date_time
    return rows, re.search(r"litellm-([0-9.]+)-", path)[1], f"{year}-{month:02}-{day:02}"


def main(path):
    rows, version, date = opened(path)
    sections = [(title, [line(*pair) for pair in chosen(rows, *which)]) for title, *which in ROWS]
    old = [line(key, price, known=False) for key, price in retired(rows)]
    sections.insert(3, ("Anthropic, no longer in LiteLLM's map, at Bedrock's price", old))
    count = sum(len(lines) for _, lines in sections)
    print(f"""\
# What providers charge, in US dollars per million tokens: {count} models of text, standard tier, uncached. A dated
# snapshot: prices change, and a verdict about cost is only as good as this file. `input_cost_per_token` and
# `output_cost_per_token` of the config, and `price:` of a deployment in the scenario, come before it.
#
# Source: {MAP.rsplit("/", 1)[1]} of LiteLLM {version} (PyPI, {date};
# MIT licence, Copyright (c) 2023 Berri AI), taken over by scripts/prices.py. `litellm: false` marks names that
# LiteLLM's own map does not have: our bill knows them, its cost-based routing takes them for the dearest.
source: litellm {version}
date: {date}
prices:""")
    for title, lines in sections:
        print(f"  # {title}")
        print("\n".join(lines))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
