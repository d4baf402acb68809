// What became of the things behind a number, in words: the words depend on what they are.
import { textOf, word } from "../i18n";

const prefixes: Record<string, string> = { entry: "entry.", refusal: "refused.", offer: "offer.", contact: "result.", visit: "left.", state: "state.", transfer: "transfer.", ticket: "ticket." };

/** Why a thing is left out of a number: how it ended, or what it lacks. */
export function leftOutName(report: string, number: string, why: string): string {
  const of = /^(offers|ring)\b/.test(number) ? "offer" : ({ queues: "entry", agents: "state", contacts: "contact", ivr: "visit" } as Record<string, string>)[report];
  return textOf(of === "state" ? "state." : "leftout.", why) ?? outcomeName(of, why);
}

/** outcome may carry more behind the word: the reason of a pause, whom a transfer leads to. */
export function outcomeName(kind: string | undefined, outcome: string, ticket = ""): string {
  if (outcome === "") return kind === "offer" ? word("leftout.", "ringing") : kind === "entry" ? word("leftout.", "still_waiting") : "";
  if (kind === "event") return word("fact.", outcome).replace("{ticket}", ticket);
  const [first = "", ...more] = outcome.replace(/^(refused_|transfer )/, "").split(" ");
  const known = textOf(prefixes[kind ?? ""] ?? "", first) ?? textOf("leftout.", first);
  if (known === undefined) return kind === "transfer" ? transferName([first, ...more]) : outcome.replaceAll("_", " ");
  return [known, ...more.map((m) => textOf("reason.", m) ?? textOf("transferto.", m) ?? m.replaceAll("_", " "))].join(", ");
}

/** Of a transfer: mode, result, and whom it leads to. */
function transferName(words: string[]): string {
  return words.map((w) => textOf("mode.", w) ?? textOf("transfer.", w) ?? textOf("transferto.", w) ?? textOf("part.", w) ?? w.replaceAll("_", " ")).join(", ");
}
