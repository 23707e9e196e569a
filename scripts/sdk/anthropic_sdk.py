"""The anthropic SDK against Anthropic's persona."""

import functools
from collections.abc import Iterator

import anthropic
from client import PICTURE, PROMPT, TEXT, WEATHER, Check, Detail, each, whole_or_part
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
        return whole_or_part(reply.content[0].text if reply.content else "")

    def stream(self, at: Deployment, **options: object) -> str:
        """Raw events, read to the end of the stream."""
        text = ""
        stream = self.client(at, **options).messages.create(
            model=at.model, max_tokens=100, messages=PROMPT, stream=True
        )
        for event in stream:
            if event.type == "content_block_delta" and event.delta.type == "text_delta":
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
        return each([self.messages, self.streams, self.tools, self.images, self.thinking, self.beside], at)

    def messages(self, at: Deployment) -> Iterator[Check]:
        """Plain answers."""
        messages = self.client(at).messages
        message = messages.create(model=at.model, max_tokens=100, messages=PROMPT)
        yield Check("a plain answer has five tokens", message.usage.output_tokens == 5)
        yield Check("it ends with a stop reason", message.stop_reason == "end_turn")
        yield Check("it has a request id", bool(message._request_id))
        short = messages.create(model=at.model, max_tokens=2, messages=PROMPT)
        yield Check("max_tokens cuts it short", short.stop_reason == "max_tokens")

    def streams(self, at: Deployment) -> Iterator[Check]:
        """The stream helper."""
        with self.client(at).messages.stream(model=at.model, max_tokens=100, messages=PROMPT) as stream:
            text = "".join(stream.text_stream)
            final = stream.get_final_message()
        yield Check("a stream has five tokens", len(text.split()) == 5)
        yield Check("its usage counts them", final.usage.output_tokens == 5)

    def tools(self, at: Deployment) -> Iterator[Check]:
        """Two calls at once, plain and streamed."""
        messages = self.client(at).messages
        asked = [{"role": "user", "content": "weather? [[calls:2]]"}]
        tools = [{"name": "weather", "input_schema": WEATHER}]
        plain = messages.create(model=at.model, max_tokens=100, messages=asked, tools=tools)
        with messages.stream(model=at.model, max_tokens=100, messages=asked, tools=tools) as stream:
            streamed = stream.get_final_message()
        for how, answer in (("plain", plain), ("streamed", streamed)):
            calls = [block for block in answer.content if block.type == "tool_use"]
            yield Check(f"{how}: two tools are called", [call.name for call in calls] == ["weather"] * 2)
            yield Check(f"{how}: by the schema", all(set(call.input) == {"city", "days"} for call in calls))
            yield Check(f"{how}: that ends it", answer.stop_reason == "tool_use")

    def images(self, at: Deployment) -> Iterator[Check]:
        """A picture beside the words, plain and streamed."""
        source = {"type": "base64", "media_type": "image/png", "data": PICTURE}
        content = [{"type": "image", "source": source}, {"type": "text", "text": TEXT}]
        asked = {"model": at.model, "max_tokens": 100, "messages": [{"role": "user", "content": content}]}
        messages = self.client(at).messages
        answer = messages.create(**asked).content[0].text
        yield Check("a picture is taken", whole_or_part(answer) == "the whole answer")
        with messages.stream(**asked) as stream:
            text = "".join(stream.text_stream)
        yield Check("a picture is taken, streamed", whole_or_part(text) == "the whole answer")

    def thinking(self, at: Deployment) -> Iterator[Check]:
        """Thoughts come before the text, with a signature."""
        asked = [{"role": "user", "content": "think [[thinking:30]] [[answer:5]]"}]
        with self.client(at).messages.stream(model=at.model, max_tokens=100, messages=asked) as stream:
            final = stream.get_final_message()
        yield Check("thoughts come first", [b.type for b in final.content] == ["thinking", "text"])
        yield Check("they are signed", bool(final.content[0].signature))

    def beside(self, at: Deployment) -> Iterator[Check]:
        """What is not Messages."""
        client = self.client(at)
        counted = client.messages.count_tokens(model=at.model, messages=PROMPT)
        yield Check("tokens are counted", counted.input_tokens == 5)
        yield Check("models are listed", at.model in [model.id for model in client.models.list()])


@functools.cache
def _anthropic() -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url="http://127.0.0.1:9", api_key="sk-none", timeout=20)
