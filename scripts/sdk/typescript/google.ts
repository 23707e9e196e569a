/** Google's SDK, @google/genai, through the gateway. */

import { type GenerateContentResponse, GoogleGenAI, Type } from "@google/genai";

import { isWeather, isWhole, PICTURE, TEXT, WEATHER, type Way } from "./asked.ts";

export function throughGoogle(url: string, key: string): Way {
  const { models } = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url } });
  const text = (answer: GenerateContentResponse) => answer.text ?? "";

  async function streamed(model: string) {
    const chunks: GenerateContentResponse[] = [];
    for await (const chunk of await models.generateContentStream({ model, contents: TEXT })) chunks.push(chunk);
    return chunks;
  }

  return {
    parts: {
      async generate(model) {
        const answer = await models.generateContent({ model, contents: TEXT });
        return {
          "a plain answer is whole": isWhole(answer.text),
          "it ends with STOP": answer.candidates?.[0].finishReason === "STOP",
          "it counts five tokens": answer.usageMetadata?.candidatesTokenCount === 5,
        };
      },
      async streams(model) {
        const chunks = await streamed(model);
        const last = chunks.at(-1);
        return {
          "a stream is whole": isWhole(chunks.map(text).join("")),
          "it ends with STOP": last?.candidates?.[0].finishReason === "STOP",
          "and its usage": last?.usageMetadata?.candidatesTokenCount === 5,
        };
      },
      async tools(model) {
        const tools = [{ functionDeclarations: [{ name: "weather", parametersJsonSchema: WEATHER }] }];
        const asked = { model, contents: "weather? [[calls:2]]", config: { tools } };
        const plain = (await models.generateContent(asked)).functionCalls ?? [];
        const inStream = [];
        for await (const chunk of await models.generateContentStream(asked)) inStream.push(...(chunk.functionCalls ?? []));
        const held: Record<string, boolean> = {};
        for (const [how, calls] of Object.entries({ plain, streamed: inStream })) {
          held[`${how}: two tools are called`] = calls.length === 2 && calls.every((call) => call.name === "weather");
          held[`${how}: by the schema`] = calls.every((call) => isWeather(JSON.stringify(call.args)));
        }
        return held;
      },
      async images(model) {
        const parts = [{ text: TEXT }, { inlineData: { mimeType: "image/png", data: PICTURE } }];
        const answer = await models.generateContent({ model, contents: [{ role: "user", parts }] });
        return { "a picture is taken": isWhole(answer.text) };
      },
      async structured(model) {
        const properties = { city: { type: Type.STRING }, days: { type: Type.INTEGER } };
        const responseSchema = { type: Type.OBJECT, properties, required: WEATHER.required };
        const config = { responseMimeType: "application/json", responseSchema };
        const answer = await models.generateContent({ model, contents: "weather?", config });
        return { "structured output fits its schema": isWeather(answer.text) };
      },
      async thinking(model) {
        const answer = await models.generateContent({ model, contents: "think [[thinking:30]] [[answer:5]]" });
        return { "thoughts are counted": answer.usageMetadata?.thoughtsTokenCount === 30 };
      },
      async blocked(model) {
        const answer = await models.generateContent({ model, contents: "[[blocked]]" });
        return { "a blocked prompt has a reason": !!answer.promptFeedback?.blockReason && !answer.candidates?.length };
      },
      async beside(model) {
        const counted = await models.countTokens({ model, contents: "one two three" });
        return { "tokens are counted": counted.totalTokens === 3 };
      },
    },
    plain: async (model) => text(await models.generateContent({ model, contents: TEXT })),
    stream: async (model) => (await streamed(model)).map(text).join(""),
    thrown: (error) => `${error?.status} ${error?.constructor?.name}`,
  };
}
