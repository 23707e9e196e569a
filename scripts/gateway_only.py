#!/usr/bin/env python3
"""Writes the names of a request's members that are LiteLLM's own, by what an installed LiteLLM sends on.

    LITELLM/bin/python scripts/gateway_only.py > crates/wire/src/openai/head/gateway_only.txt

Every name that LiteLLM has for a parameter stands once in a client's body, sent to LiteLLM's proxy before a recording
server as its only provider: a model of OpenAI's name at an `api_base`. Written are the names that were not sent on. Which
of them LiteLLM sends on all the same where they stand in the `litellm_params` of a deployment, asked by its router, is
noted above them: there they mean nothing to it. The same LiteLLM gives the same bytes. Parameters of OpenAI's that
LiteLLM keeps for this model alone (`thinking`) are none of its own.

    LITELLM/bin/python scripts/gateway_only.py --check FILE     compares instead, and fails where they differ
"""

import asyncio
import contextlib
import http.server
import inspect
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import urllib.error
import urllib.request

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm
from litellm._version import version
from litellm.constants import DEFAULT_CHAT_COMPLETION_PARAM_VALUES, OPENAI_CHAT_COMPLETION_PARAMS
from litellm.types.router import GenericLiteLLMParams, LiteLLM_Params
from litellm.types.utils import all_litellm_params

# Functions whose named arguments are LiteLLM's or OpenAI's.
CALLS = [litellm.completion, litellm.acompletion, litellm.text_completion, litellm.embedding]

# What only the code of router and proxy knows.
FURTHER = [
    "cache_control_injection_points", "caching", "content_policy_fallbacks", "context_window_fallbacks", "disable_fallbacks",
    "guardrail_config", "max_retries", "model_group_retry_policy", "no-log", "num_retries", "policies", "request_timeout",
    "retry_policy", "retry_strategy", "timeout", "vertex_ai_credentials", "vertex_ai_location", "vertex_ai_project",
]  # fmt: skip

# Of OpenAI's list, what is a setting of LiteLLM's or of its SDK all the same.
SETTINGS = {
    "additional_drop_params", "allowed_openai_params", "api_base", "api_key", "api_version", "base_url", "custom_llm_provider",
    "default_headers", "deployment_id", "drop_params", "extra_headers", "max_retries", "organization", "request_timeout",
    "timeout",
}  # fmt: skip

# What belongs to every request, or has a rule of its own (docs/translation.md).
EXCEPT = {"messages", "metadata", "model", "prompt", "input", "extra_body", "kwargs", "args", "self"}

# How names are wrapped: none is cut.
WHOLE = {"break_on_hyphens": False, "break_long_words": False}

# The proxy does not start without one.
KEY = "sk-local"

# Of whatever type a name's value must be, one of these is.
VALUES = ["probe", 1, True, {"a": "b"}, ["a"]]


class Upstream(http.server.ThreadingHTTPServer):
    """Answers chat completions and keeps what was asked."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answers)
        self.seen = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def base(self):
        return f"http://127.0.0.1:{self.server_port}/v1"


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        self.server.seen.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        message = {"role": "assistant", "content": "hi"}
        choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
        reply = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": choices}
        body = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def candidates():
    named = {name for call in CALLS for name in inspect.signature(call).parameters}
    named |= set(all_litellm_params) | set(FURTHER) | set(LiteLLM_Params.model_fields)
    named |= set(GenericLiteLLMParams.model_fields) | SETTINGS
    openai = set(DEFAULT_CHAT_COMPLETION_PARAM_VALUES) | set(OPENAI_CHAT_COMPLETION_PARAMS)
    return sorted(named - (openai - SETTINGS) - EXCEPT)


@contextlib.contextmanager
def proxy(upstream):
    """A proxy of LiteLLM's in front of `upstream`, and where it listens."""
    with socket.socket() as probe, tempfile.TemporaryDirectory() as folder:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        params = {"model": "openai/gpt-4o", "api_base": upstream.base, "api_key": "sk-upstream"}
        config = pathlib.Path(folder) / "config.yaml"
        entry = {"model_name": "m", "litellm_params": params}
        config.write_text(json.dumps({"model_list": [entry], "general_settings": {"master_key": KEY}}))
        program = pathlib.Path(sys.executable).parent / "litellm"
        command = [str(program), "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(240):
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/health/liveliness", timeout=5)
                    break
                time.sleep(0.5)
            yield f"http://127.0.0.1:{port}/v1/chat/completions"
        finally:
            running.terminate()
            running.wait(60)


def asked(address, member):
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}], **member}
    headers = {"content-type": "application/json", "authorization": f"Bearer {KEY}"}
    request = urllib.request.Request(address, json.dumps(body).encode(), headers)
    with contextlib.suppress(urllib.error.HTTPError):
        urllib.request.urlopen(request, timeout=60).read()


def routed(upstream, member):
    params = {"model": "openai/gpt-4o", "api_base": upstream.base, "api_key": "sk-upstream"} | member
    router = litellm.Router([{"model_name": "m", "litellm_params": params}], num_retries=0)
    question = router.acompletion("m", [{"role": "user", "content": "hi"}])
    # `mock_timeout` waits as long as a request may take.
    asyncio.run(asyncio.wait_for(question, 10))


def is_sent(upstream, name, ask):
    """Whether the name reaches the provider, with the first value that LiteLLM takes; what it takes none of does not."""
    for value in VALUES:
        upstream.seen.clear()
        # What LiteLLM refuses or fails on is not sent.
        with contextlib.suppress(Exception):
            ask({name: value})
        if upstream.seen:
            return any(name in body for body in upstream.seen)
    return False


def written():
    upstream = Upstream()
    own, from_params = [], []
    with proxy(upstream) as address:
        asked(address, {})
        assert upstream.seen, "the proxy asks nobody"
        for name in candidates():
            if not is_sent(upstream, name, lambda member: asked(address, member)):
                own.append(name)
                if is_sent(upstream, name, lambda member: routed(upstream, member)):
                    from_params.append(name)
    sent = f"From `litellm_params` LiteLLM sends these on all the same: {' '.join(from_params)}"
    head = f"""\
# Members of requests that LiteLLM {version} takes for its own: no provider gets them.
# Recorded by scripts/gateway_only.py, which says how."""
    notes = textwrap.wrap(sent, 110, initial_indent="# ", subsequent_indent="# ", **WHOLE)
    return "\n".join([head, *notes, *textwrap.wrap(" ".join(own), 110, **WHOLE)]) + "\n"


if __name__ == "__main__":
    litellm.suppress_debug_info = True
    match sys.argv[1:]:
        case []:
            sys.stdout.write(written())
        case ["--check", path]:
            found, kept = written(), pathlib.Path(path).read_text()
            if found != kept:
                differ = set(found.split()) ^ set(kept.split())
                sys.exit(f"{path} differs from what this LiteLLM keeps to itself: {' '.join(sorted(differ))}")
        case _:
            sys.exit(__doc__)
