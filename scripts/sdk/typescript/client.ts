/**
 * The TypeScript SDKs, asked over a pipe: a line of JSON in, what came of the call as a line out.
 * Driven by typescript_sdk.py, which holds the answers against the golden tables.
 */

import { createInterface } from "node:readline";

import Anthropic from "@anthropic-ai/sdk";
import OpenAI, { AzureOpenAI } from "openai";

interface Call {
  sdk: "openai" | "azure" | "anthropic";
  stream: boolean;
  url: string;
  key: string;
  model: string;
  prompt: string;
  timeoutMs: number;
}

interface Outcome {
  text?: string | null;
  error?: { name: string; status: number | null; code: string | null; requestId: string | null };
  waits: number[];
}

/** Seconds for which the SDK under way wanted to sleep between attempts. */
let waits: number[] = [];

/** Both SDKs sleep in their own module `sleep`; every other timer is real. */
const really = globalThis.setTimeout;
globalThis.setTimeout = ((then: () => void, ms?: number, ...rest: unknown[]) => {
  if (!/[/\\]sleep\.(m?js|ts)/.test(new Error().stack ?? "")) return really(then, ms, ...rest);
  waits.push((ms ?? 0) / 1000);
  return really(then, 0);
}) as typeof setTimeout;

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await outcome(JSON.parse(line))));
}

async function outcome(call: Call): Promise<Outcome> {
  waits = [];
  const leave = new AbortController();
  try {
    const answer = call.sdk === "anthropic" ? messages(call, leave.signal) : chat(call, leave.signal);
    return { text: await Promise.race([answer, tooLong()]), waits };
  } catch (error) {
    return { error: told(error), waits };
  } finally {
    leave.abort();
  }
}

/** A call that neither ends nor times out. */
function tooLong() {
  return new Promise<string>((resolve) => really(resolve, 1000, "a hang"));
}

async function chat({ sdk, stream, url, key, model, prompt, timeoutMs }: Call, signal: AbortSignal) {
  const shared = { apiKey: key, timeout: timeoutMs, logLevel: "off" as const };
  const client =
    sdk === "azure"
      ? new AzureOpenAI({ ...shared, endpoint: url, apiVersion: "2024-10-21" })
      : new OpenAI({ ...shared, baseURL: url });
  const request = { model, messages: [{ role: "user" as const, content: prompt }] };
  if (!stream) {
    const answer = await client.chat.completions.create(request, { signal });
    return typeof answer === "string" ? "a string" : answer.choices ? answer.choices[0].message.content : "choices undefined";
  }
  let text = "";
  for await (const chunk of await client.chat.completions.create({ ...request, stream: true }, { signal })) {
    text += chunk.choices[0]?.delta.content ?? "";
  }
  return text;
}

async function messages({ stream, url, key, model, prompt, timeoutMs }: Call, signal: AbortSignal) {
  const client = new Anthropic({ apiKey: key, baseURL: url, timeout: timeoutMs, logLevel: "off" });
  const request = { model, max_tokens: 100, messages: [{ role: "user" as const, content: prompt }] };
  if (!stream) {
    const answer = await client.messages.create(request, { signal });
    if (typeof answer === "string") return "a string";
    const [block] = answer.content ?? [];
    return block?.type === "text" ? block.text : "content undefined";
  }
  let text = "";
  for await (const event of await client.messages.create({ ...request, stream: true }, { signal })) {
    if (event.type === "content_block_delta" && event.delta.type === "text_delta") text += event.delta.text;
  }
  return text;
}

/** What an exception tells its catcher. */
function told(error: any): Outcome["error"] {
  return {
    name: error.constructor.name,
    status: error.status ?? null,
    code: error.code ?? error.error?.error?.type ?? error.type ?? null,
    requestId: error.requestID ?? null,
  };
}
