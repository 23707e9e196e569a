"""The anthropic SDK against Anthropic's persona."""

import functools
from collections.abc import Iterator

import anthropic
from client import PROMPT, Check, Detail, whole_or_part
from fakes import Deployment


class Anthropic:
    """`anthropic.Anthropic`."""

    name = "anthropic"
    provider = "anthropic"
    version = anthropic.__version__

    def plain(self, at: Deployment, **options: object) -> str:
        """A plain message: what the caller holds at the end."""
        reply = self.client(at, **options).messages.create(
            model=at.model, max_tokens=100, messages=PROMPT
        )
        if isinstance(reply, str):
            return "a str"
        if reply.content is None:
            return "content None"
        return whole_or_part(reply.content[0].text)

    def stream(self, at: Deployment, **options: object) -> str:
        """Raw events, read to the end of the stream."""
        text = ""
        stream = self.client(at, **options).messages.create(
            model=at.model, max_tokens=100, messages=PROMPT, stream=True
        )
        for event in stream:
            if event.type == "content_block_delta":
                text += event.delta.text
        return whole_or_part(text)

    def detail(self, error: Exception) -> Detail:
        """Status, `error.type` and request id of an exception."""
        body = getattr(error, "body", None)
        inner = body.get("error") if isinstance(body, dict) else None
        code = inner.get("type") if isinstance(inner, dict) else None
        return Detail(getattr(error, "status_code", None), code, getattr(error, "request_id", None))

    def client(self, at: Deployment, **options: object) -> anthropic.Anthropic:
        """A client of this deployment; all share one pool of connections."""
        return _anthropic().with_options(base_url=at.url, api_key=at.key, **options)

    def happy(self, at: Deployment) -> Iterator[Check]:
        """Everything that works."""
        messages = self.client(at).messages
        message = messages.create(model=at.model, max_tokens=100, messages=PROMPT)
        yield Check("a plain answer has five tokens", message.usage.output_tokens == 5)
        yield Check("it ends with a stop reason", message.stop_reason == "end_turn")
        yield Check("it has a request id", bool(message._request_id))
        with messages.stream(model=at.model, max_tokens=100, messages=PROMPT) as stream:
            text = "".join(stream.text_stream)
            final = stream.get_final_message()
        yield Check("a stream has five tokens", len(text.split()) == 5)
        yield Check("its usage counts them", final.usage.output_tokens == 5)
        short = messages.create(model=at.model, max_tokens=2, messages=PROMPT)
        yield Check("max_tokens cuts it short", short.stop_reason == "max_tokens")


@functools.cache
def _anthropic() -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url="http://127.0.0.1:9", api_key="sk-none", timeout=20)
