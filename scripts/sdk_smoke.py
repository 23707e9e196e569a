"""The official SDKs against `brownout gateway` and `brownout fakes`, over real sockets.

Usage: sdk_smoke.py path/to/brownout

Starts fakes with the deployments of a small config, a gateway in front of them, and lets the OpenAI
and Anthropic SDKs talk to both. Exits 1 at the first surprise.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

import anthropic
import openai

CONFIG = """
model_list:
  - model_name: gpt-4o
    litellm_params:
      model: azure/gpt-4o
      api_base: https://westus-primary.openai.azure.com/
      api_key: os.environ/AZURE_API_KEY
      api_version: "2024-08-01-preview"
    model_info: {id: west}
  - model_name: gpt-4o
    litellm_params: {model: gpt-4o, api_key: os.environ/OPENAI_API_KEY}
    model_info: {id: direct}
  - model_name: claude
    litellm_params: {model: anthropic/claude-3-5-sonnet-20241022, api_key: os.environ/ANTHROPIC_API_KEY}
    model_info: {id: claude}
general_settings: {master_key: os.environ/LITELLM_MASTER_KEY}
"""

SCENARIO = """
# Do official SDKs work against the fakes?
scenario: sdk-smoke
config: config.yaml
traffic: [{for: 10m, arrivals: {constant: 1/s}, workload: chat}]
slo: {success: "rate > 0.9"}
"""

PROMPT = [{"role": "user", "content": "say five words please [[brownout:000007]] [[answer:5]]"}]


class Server:
    """A brownout subcommand that prints where it listens."""

    def __init__(self, *command, env=None):
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=env
        )
        self.url = None
        for line in self.process.stderr:
            found = re.search(r"listens? on (http://127\.0\.0\.1:\d+)", line)
            if found:
                self.url = found.group(1)
                break
        if self.url is None:
            sys.exit(f"{' '.join(command)} ended with {self.process.wait()} before it listened")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=20)


def check(what, ok):
    print(("ok   " if ok else "FAIL ") + what)
    if not ok:
        sys.exit(1)


def openai_talks(client, model, who):
    answer = client.chat.completions.create(model=model, messages=PROMPT)
    check(f"{who}: plain answer has five tokens", answer.usage.completion_tokens == 5)
    check(f"{who}: finish reason", answer.choices[0].finish_reason == "stop")
    text, usage = "", None
    stream = client.chat.completions.create(
        model=model, messages=PROMPT, stream=True, stream_options={"include_usage": True}
    )
    for chunk in stream:
        usage = chunk.usage or usage
        if chunk.choices:
            text += chunk.choices[0].delta.content or ""
    check(f"{who}: stream has five tokens", len(text.split()) == 5 and text.endswith("$"))
    check(f"{who}: stream carries usage", usage is not None and usage.completion_tokens == 5)


def main():
    brownout = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, text in {"config.yaml": CONFIG, "scenario.yaml": SCENARIO}.items():
            with open(name, "w", encoding="utf-8") as file:
                file.write(text)
        env = dict(os.environ, LITELLM_MASTER_KEY="sk-smoke-master")
        write = ("--write-config", "served.json")
        fakes = Server(brownout, "fakes", "scenario.yaml", "--port", "0", *write, env=env)
        with fakes:
            with open("served.json", encoding="utf-8") as file:
                served = json.load(file)
            keys = {entry["model_info"]["id"]: entry["litellm_params"] for entry in served["model_list"]}
            direct = openai.OpenAI(
                base_url=keys["direct"]["api_base"], api_key=keys["direct"]["api_key"], max_retries=0
            )
            openai_talks(direct, "gpt-4o", "openai SDK, openai fake")
            azure = openai.AzureOpenAI(
                azure_endpoint=keys["west"]["api_base"],
                api_key=keys["west"]["api_key"],
                api_version="2024-08-01-preview",
                max_retries=0,
            )
            openai_talks(azure, "gpt-4o", "openai SDK, azure fake")
            claude = anthropic.Anthropic(
                base_url=keys["claude"]["api_base"], api_key=keys["claude"]["api_key"], max_retries=0
            )
            message = claude.messages.create(
                model="claude-3-5-sonnet-20241022", max_tokens=100, messages=PROMPT
            )
            check("anthropic SDK, anthropic fake: plain", message.usage.output_tokens == 5)
            with claude.messages.stream(
                model="claude-3-5-sonnet-20241022", max_tokens=100, messages=PROMPT
            ) as stream:
                text = "".join(stream.text_stream)
                final = stream.get_final_message()
            check("anthropic SDK, anthropic fake: stream", len(text.split()) == 5)
            check("anthropic SDK: stop reason", final.stop_reason == "end_turn")
            try:
                openai.OpenAI(
                    base_url=keys["direct"]["api_base"], api_key="sk-wrong", max_retries=0
                ).chat.completions.create(model="gpt-4o", messages=PROMPT)
                check("a wrong key is refused", False)
            except openai.AuthenticationError as error:
                check("a wrong key is refused in the provider's words", error.code == "invalid_api_key")

            with Server(brownout, "gateway", "-c", "served.json", "--port", "0", env=env) as gateway:
                through = openai.OpenAI(
                    base_url=gateway.url, api_key="sk-smoke-master", max_retries=0
                )
                openai_talks(through, "gpt-4o", "openai SDK, gateway")
                openai_talks(through, "claude", "openai SDK, gateway to anthropic")
                models = sorted(model.id for model in through.models.list())
                check("models are listed", models == ["claude", "gpt-4o"])
                raw = through.chat.completions.with_raw_response.create(
                    model="gpt-4o", messages=PROMPT
                )
                check("the deployment is named", raw.headers["x-litellm-model-id"] in keys)
                try:
                    openai.OpenAI(
                        base_url=gateway.url, api_key="sk-wrong", max_retries=0
                    ).models.list()
                    check("a stranger is turned away", False)
                except openai.AuthenticationError:
                    check("a stranger is turned away", True)
                try:
                    through.chat.completions.create(model="nope", messages=PROMPT)
                    check("an unknown model is a bad request", False)
                except openai.BadRequestError as error:
                    check("an unknown model is a bad request", "Invalid model name" in str(error))


if __name__ == "__main__":
    main()
