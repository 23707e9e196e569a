/** What through_gateway.ts asks of every SDK, and what an SDK is to it. */

/** A part of what works: statements, and whether they hold. */
export type Part = (model: string) => Promise<Record<string, boolean>>;

/** One SDK. */
export interface Way {
  parts: Record<string, Part>;
  /** A plain answer's text, and a stream's. */
  plain: (model: string) => Promise<string | null | undefined>;
  stream: (model: string) => Promise<string | null | undefined>;
  /** The upstream's status in what it threw, and the name of that. */
  thrown: (error: any) => string;
}

export const TEXT = "say five words please [[answer:5]]";
export const PICTURE =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
export const WEATHER = {
  type: "object" as const,
  properties: { city: { type: "string" }, days: { type: "integer" } },
  required: ["city", "days"],
  additionalProperties: false,
};

export const isWeather = (text?: string | null) =>
  Object.keys(JSON.parse(text ?? "null") ?? {})
    .sort()
    .join() === "city,days";

/** All words in their order, and the last one marked as such. */
export function isWhole(text?: string | null) {
  const words = (text ?? "").trim().split(/\s+/);
  return words.length === 5 && (text ?? "").endsWith("$") && new Set(words).size === 5;
}
