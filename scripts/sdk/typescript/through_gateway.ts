/**
 * The TypeScript SDKs of OpenAI, Anthropic, Google and AWS through the gateway, to every upstream. Driven by
 * ../through_gateway.py: where the gateway is and what is asked of which pair as JSON in, statements and whether
 * they hold as JSON out.
 */

import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

import { isWeather, isWhole, type Part, PICTURE, TEXT, WEATHER, type Way } from "./asked.ts";
import { throughAws } from "./aws.ts";
import { throughGoogle } from "./google.ts";

interface Given {
  url: string;
  key: string;
  /** By SDK and upstream, what is asked of the pair. */
  pairs: Record<string, Record<string, string[]>>;
  healthy: string;
  /** By the upstream's status, the deployment that says it. */
  errors: Record<string, string>;
  /** By SDK and status, the name of what is thrown. */
  thrown: Record<string, Record<string, string>>;
}

const given: Given = JSON.parse(await read(process.stdin));
const openai = new OpenAI({ apiKey: given.key, baseURL: given.url, maxRetries: 0, logLevel: "off" });
const anthropic = new Anthropic({ apiKey: given.key, baseURL: given.url, maxRetries: 0, logLevel: "off" });

const says = (content: string) => [{ role: "user" as const, content }];

async function read(stream: AsyncIterable<Buffer>) {
  let all = "";
  for await (const piece of stream) all += piece;
  return all;
}

async function chatText(model: string, messages: OpenAI.ChatCompletionMessageParam[]) {
  let text = "";
  for await (const chunk of await openai.chat.completions.create({ model, messages, stream: true })) {
    text += chunk.choices[0]?.delta.content ?? "";
  }
  return text;
}

const ofOpenai: Record<string, Part> = {
  async chat(model) {
    const answer = await openai.chat.completions.create({ model, messages: says(TEXT) });
    return {
      "a plain answer is whole": isWhole(answer.choices[0].message.content),
      "it ends with a finish reason": answer.choices[0].finish_reason === "stop",
      "it counts five tokens": answer.usage?.completion_tokens === 5,
    };
  },
  async streams(model) {
    let [text, finish, tokens] = ["", "", 0];
    const stream = await openai.chat.completions.create({
      model,
      messages: says(TEXT),
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      finish = chunk.choices[0]?.finish_reason ?? finish;
      tokens = chunk.usage?.completion_tokens ?? tokens;
    }
    const helper = openai.chat.completions.stream({ model, messages: says(TEXT) });
    return {
      "a stream is whole": isWhole(text) && finish === "stop",
      "it ends with its usage": tokens === 5,
      "the stream helper agrees": isWhole(await helper.finalContent()),
    };
  },
  async tools(model) {
    const tools = [{ type: "function" as const, function: { name: "weather", parameters: WEATHER } }];
    const messages = says("weather? [[calls:2]]");
    const { choices } = await openai.chat.completions.create({ model, messages, tools });
    const calls = (choices[0].message.tool_calls ?? []).map((call) => (call.type === "function" ? call.function : null));
    const streamed: Record<number, string> = {};
    for await (const chunk of await openai.chat.completions.create({ model, messages, tools, stream: true })) {
      for (const call of chunk.choices[0]?.delta.tool_calls ?? []) {
        streamed[call.index] = (streamed[call.index] ?? "") + (call.function?.arguments ?? "");
      }
    }
    return {
      "two tools are called": calls.length === 2 && calls.every((call) => call?.name === "weather"),
      "with arguments by the schema": calls.every((call) => isWeather(call?.arguments)),
      "and that ends the answer": choices[0].finish_reason === "tool_calls",
      "streamed calls have whole arguments": Object.values(streamed).length === 2 && Object.values(streamed).every(isWeather),
    };
  },
  async images(model) {
    const url = `data:image/png;base64,${PICTURE}`;
    const content = [
      { type: "text" as const, text: TEXT },
      { type: "image_url" as const, image_url: { url } },
    ];
    const messages = [{ role: "user" as const, content }];
    const answer = await openai.chat.completions.create({ model, messages });
    return {
      "a picture is taken": isWhole(answer.choices[0].message.content),
      "a picture is taken, streamed": isWhole(await chatText(model, messages)),
    };
  },
  async structured(model) {
    const json_schema = { name: "weather", schema: WEATHER, strict: true };
    const response_format = { type: "json_schema" as const, json_schema };
    const answer = await openai.chat.completions.parse({ model, messages: says("weather?"), response_format });
    return { "structured output fits its schema": isWeather(answer.choices[0].message.content) };
  },
  async choices(model) {
    const answer = await openai.chat.completions.create({ model, messages: says(TEXT), n: 2 });
    return { "n=2 gives two choices": answer.choices.map((choice) => choice.index).join() === "0,1" };
  },
  async reasoning(model) {
    const messages = says("think [[thinking:30]] [[answer:5]]");
    const { usage } = await openai.chat.completions.create({ model, messages });
    return { "thoughts are counted": usage?.completion_tokens_details?.reasoning_tokens === 30 };
  },
  async responses(model) {
    const answer = await openai.responses.create({ model, input: TEXT });
    const types: string[] = [];
    for await (const event of await openai.responses.create({ model, input: TEXT, stream: true })) types.push(event.type);
    return {
      "a response is completed": answer.status === "completed" && isWhole(answer.output_text),
      "its stream begins and ends": types[0] === "response.created" && types.at(-1) === "response.completed",
    };
  },
  async embeddings(model) {
    const answer = await openai.embeddings.create({ model, input: ["one", "two"] });
    return { "two texts have two vectors": answer.data.length === 2 && answer.data[0].embedding.length > 100 };
  },
  async speech(model) {
    const answer = await openai.audio.speech.create({ model, input: "two words", voice: "alloy", response_format: "wav" });
    return { "a text is spoken": (await answer.arrayBuffer()).byteLength === 44 + 38_400 };
  },
};

async function messageText(model: string, messages: Anthropic.MessageParam[]) {
  return anthropic.messages.stream({ model, max_tokens: 100, messages }).finalText();
}

const textOf = (message: Anthropic.Message) => message.content.map((block) => (block.type === "text" ? block.text : "")).join("");

const ofAnthropic: Record<string, Part> = {
  async messages(model) {
    const answer = await anthropic.messages.create({ model, max_tokens: 100, messages: says(TEXT) });
    const short = await anthropic.messages.create({ model, max_tokens: 2, messages: says(TEXT) });
    return {
      "a plain answer is whole": isWhole(textOf(answer)),
      "it ends with a stop reason": answer.stop_reason === "end_turn",
      "it counts five tokens": answer.usage.output_tokens === 5,
      "max_tokens cuts it short": short.stop_reason === "max_tokens",
    };
  },
  async streams(model) {
    const stream = anthropic.messages.stream({ model, max_tokens: 100, messages: says(TEXT) });
    const final = await stream.finalMessage();
    return {
      "a stream is whole": isWhole(textOf(final)) && final.stop_reason === "end_turn",
      "its usage counts five tokens": final.usage.output_tokens === 5,
    };
  },
  async tools(model) {
    const tools = [{ name: "weather", input_schema: WEATHER }];
    const asked = { model, max_tokens: 100, messages: says("weather? [[calls:2]]"), tools };
    const held: Record<string, boolean> = {};
    const ways = { plain: await anthropic.messages.create(asked), streamed: await anthropic.messages.stream(asked).finalMessage() };
    for (const [how, answer] of Object.entries(ways)) {
      const calls = answer.content.filter((block) => block.type === "tool_use");
      held[`${how}: two tools are called`] = calls.length === 2 && calls.every((call) => call.name === "weather");
      held[`${how}: by the schema`] = calls.every((call) => isWeather(JSON.stringify(call.input)));
      held[`${how}: that ends it`] = answer.stop_reason === "tool_use";
    }
    return held;
  },
  async images(model) {
    const source = { type: "base64" as const, media_type: "image/png" as const, data: PICTURE };
    const content = [
      { type: "image" as const, source },
      { type: "text" as const, text: TEXT },
    ];
    const messages = [{ role: "user" as const, content }];
    return {
      "a picture is taken": isWhole(textOf(await anthropic.messages.create({ model, max_tokens: 100, messages }))),
      "a picture is taken, streamed": isWhole(await messageText(model, messages)),
    };
  },
  async thinking(model) {
    const messages = says("think [[thinking:30]] [[answer:5]]");
    const final = await anthropic.messages.stream({ model, max_tokens: 100, messages }).finalMessage();
    return { "thoughts come first": final.content.map((block) => block.type).join() === "thinking,text" };
  },
  async counts(model) {
    const counted = await anthropic.messages.countTokens({ model, messages: says(TEXT) });
    return { "tokens are counted": counted.input_tokens === 5 };
  },
};

const byStatus = (error: any) => `${error?.status} ${error?.constructor?.name}`;

const ways: Record<string, Way> = {
  openai: {
    parts: ofOpenai,
    plain: async (model) => (await openai.chat.completions.create({ model, messages: says(TEXT) })).choices[0].message.content,
    stream: (model) => chatText(model, says(TEXT)),
    thrown: byStatus,
  },
  anthropic: {
    parts: ofAnthropic,
    plain: async (model) => textOf(await anthropic.messages.create({ model, max_tokens: 100, messages: says(TEXT) })),
    stream: (model) => messageText(model, says(TEXT)),
    thrown: byStatus,
  },
  "google-genai": throughGoogle(given.url, given.key),
  boto3: throughAws(given.url, given.key),
};

const told: [boolean, string][] = [];
for (const [sdk, way] of Object.entries(ways)) {
  for (const [upstream, parts] of Object.entries(given.pairs[sdk])) {
    const pair = `${sdk} to ${upstream}`;
    for (const part of parts) {
      try {
        const held = await way.parts[part](`${upstream}--${given.healthy}`);
        for (const [what, holds] of Object.entries(held)) told.push([holds, `${pair}: ${what}`]);
      } catch (error: any) {
        told.push([false, `${pair}: ${part} threw ${error?.constructor?.name}: ${error?.message}`]);
      }
    }
    for (const [status, name] of Object.entries(given.errors)) {
      for (const how of ["plain", "stream"] as const) {
        const seen = await way[how](`${upstream}--${name}`).then((text) => `no error but ${text}`, way.thrown);
        told.push([seen === `${status} ${given.thrown[sdk][status]}`, `${pair}: ${how}, ${status}: ${seen}`]);
      }
    }
  }
}
console.log(JSON.stringify(told));
// Connections that are kept for later would keep it alive.
process.exit(0);
