"""The openai SDK, against OpenAI's persona and (as `AzureOpenAI`) against Azure's."""

import functools
from collections.abc import Iterator

import openai
from client import PROMPT, Check, Detail, whole_or_part
from fakes import Deployment


class OpenAi:
    """`openai.OpenAI`."""

    name = "openai"
    provider = "openai"
    version = openai.__version__

    def plain(self, at: Deployment, **options: object) -> str:
        """A plain chat completion: what the caller holds at the end."""
        reply = self.client(at, **options).chat.completions.create(model=at.model, messages=PROMPT)
        if isinstance(reply, str):
            return "a str"
        if reply.choices is None:
            return "choices None"
        return whole_or_part(reply.choices[0].message.content)

    def stream(self, at: Deployment, **options: object) -> str:
        """A streamed one, read to its end."""
        text = ""
        stream = self.client(at, **options).chat.completions.create(
            model=at.model, messages=PROMPT, stream=True
        )
        for chunk in stream:
            if chunk.choices:
                text += chunk.choices[0].delta.content or ""
        return whole_or_part(text)

    def detail(self, error: Exception) -> Detail:
        """Status, code (or type where there is none) and request id of an exception."""
        code = getattr(error, "code", None) or getattr(error, "type", None)
        return Detail(getattr(error, "status_code", None), code, getattr(error, "request_id", None))

    def client(self, at: Deployment, **options: object) -> openai.OpenAI:
        """A client of this deployment; all share one pool of connections."""
        return _openai().with_options(base_url=at.url, api_key=at.key, **options)

    def happy(self, at: Deployment) -> Iterator[Check]:
        """Everything that works."""
        chat = self.client(at).chat.completions
        answer = chat.create(model=at.model, messages=PROMPT)
        yield Check("a plain answer has five tokens", answer.usage.completion_tokens == 5)
        yield Check("it ends with a finish reason", answer.choices[0].finish_reason == "stop")
        yield Check("it has a request id", bool(answer._request_id))
        chunks = list(
            chat.create(model=at.model, messages=PROMPT, stream=True, stream_options={"include_usage": True})
        )
        usage = [chunk.usage for chunk in chunks if chunk.usage]
        yield Check("a stream ends with its usage", [one.completion_tokens for one in usage] == [5])
        yield Check("all chunks have one id", len({chunk.id for chunk in chunks if chunk.id}) == 1)


class AzureOpenAi(OpenAi):
    """`openai.AzureOpenAI`."""

    name = "openai (Azure)"
    provider = "azure"

    def client(self, at: Deployment, **options: object) -> openai.OpenAI:
        """A client of this deployment; all share one pool of connections."""
        return openai.AzureOpenAI(
            azure_endpoint=at.url,
            api_key=at.key,
            api_version="2024-10-21",
            http_client=_openai()._client,
            **options,
        )


@functools.cache
def _openai() -> openai.OpenAI:
    return openai.OpenAI(base_url="http://127.0.0.1:9/v1", api_key="sk-none", timeout=20)
