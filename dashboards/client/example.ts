// A program with an API key: the service level of each queue on one day, the callers to call back, and how many wait now.
import { at, Client, Problem } from "./client.js";

const day = 86_400_000;

export async function yesterday(base: string, key: string, from: Date, write: (line: string) => void): Promise<void> {
  const firstline = new Client({ base, key });
  const window = { from: from.toISOString(), until: new Date(from.getTime() + day).toISOString() };
  try {
    const report = await firstline.get(at("/metrics/queues", { query: { ...window, tz: "Europe/Berlin", group_by: ["queue"] } }));
    for (const row of report.rows) {
      const level = row.service_level.offered;
      if (level?.percent != null) write(`${row.queue}: ${level.percent.toFixed(1)}% of ${level.denominator}`);
    }
    let lost = 0;
    for (let cursor: string | undefined; ; ) {
      const page = await firstline.get(at("/abandoned", { query: { ...window, only_lost: true, cursor } }));
      lost += page.items.length;
      if (page.next === null) break;
      cursor = page.next;
    }
    write(`${lost} to call back`);
    for await (const event of firstline.follow("/live/wallboard")) {
      if (event.event !== "state") continue;
      write(`${event.data.contacts.waiting} waiting`);
      break; // the stream ends with the loop
    }
  } catch (e) {
    if (!(e instanceof Problem)) throw e;
    write(e.code === "too_many_requests" ? `again in ${e.retryAfterMS} ms` : `${e.status} ${e.code}: ${e.message}`);
  }
}
