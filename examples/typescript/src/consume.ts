/**
 * Reads rebalance recommendations from Redis as they are made.
 *
 *     npm ci && npm run build
 *     npm start -- redis://:password@127.0.0.1:6379/0
 *
 * `trimtab status --json` says the address (`redis_url`). The consumer group remembers how far it has read: what was
 * printed and acknowledged does not come again, and a crash between the two repeats one recommendation, so act on
 * `recommendation_id` at most once. `--once` ends as soon as nothing is waiting.
 */
import { Redis } from "ioredis";
import { parseArgs } from "node:util";

const STREAM = "pm:rebalance:recommended";
const WAIT_MILLISECONDS = 2000;

/** The part of a recommendation that this example uses; /v1/schemas/pm.rebalance.recommended.v1 describes all of it. */
interface Recommendation {
  recommendation_id: string;
  portfolio_id: string;
  currency: string;
  reasons: { explanation: string }[];
  trades: { ticker: string; side: "buy" | "sell"; quantity: number; estimated_price: number; value: number }[];
}

/** An entry as Redis answers it: its id, then names and values in turn; no values where it left the stream. */
type Entry = [id: string, fields: string[] | null];
type Answer = [stream: string, entries: Entry[]][] | null;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    group: { type: "string", default: "example-typescript" },
    consumer: { type: "string", default: "consumer-1" },
    once: { type: "boolean", default: false },
  },
});
const url = positionals[0];
if (url === undefined) {
  console.error("usage: consume.js redis://:password@host:port/0 [--group NAME] [--consumer NAME] [--once]");
  process.exit(2);
}

const redis = new Redis(url);
try {
  await consume(redis, values.group, values.consumer, values.once);
} finally {
  redis.disconnect();
}

async function consume(redis: Redis, group: string, consumer: string, once: boolean): Promise<void> {
  await createGroup(redis, group);
  let position = "0"; // first what we were handed before a crash, then what is new
  for (;;) {
    const entries = await read(redis, group, consumer, position);
    for (const [id, fields] of entries) {
      if (fields !== null) show(attributes(fields));
      await redis.xack(STREAM, group, id);
    }
    if (entries.length === 0 && position === ">" && once) return;
    if (entries.length === 0) position = ">";
  }
}

/** Begin at the first recommendation ever made; a group that exists keeps its place. */
async function createGroup(redis: Redis, group: string): Promise<void> {
  try {
    await redis.xgroup("CREATE", STREAM, group, "0", "MKSTREAM");
  } catch (refusal) {
    if (!(refusal instanceof Error && refusal.message.startsWith("BUSYGROUP"))) throw refusal;
  }
}

async function read(redis: Redis, group: string, consumer: string, position: string): Promise<Entry[]> {
  const answer = (await redis.xreadgroup(
    "GROUP", group, consumer, "COUNT", 10, "BLOCK", WAIT_MILLISECONDS, "STREAMS", STREAM, position,
  )) as Answer;
  return (answer ?? []).flatMap(([, entries]) => entries);
}

function attributes(fields: string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (let i = 0; i + 1 < fields.length; i += 2) found.set(fields[i]!, fields[i + 1]!);
  return found;
}

function show(event: Map<string, string>): void {
  const recommendation = JSON.parse(event.get("data") ?? "{}") as Recommendation;
  console.log(`${event.get("time")} ${event.get("subject")} recommendation ${recommendation.recommendation_id}`);
  for (const reason of recommendation.reasons) console.log(`  ${reason.explanation}`);
  for (const trade of recommendation.trades) {
    console.log(`  ${trade.side} ${trade.quantity} ${trade.ticker} at about ${trade.estimated_price}`);
  }
}
