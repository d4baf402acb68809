// Checks the texts: both languages have the same keys with the same places to fill in, every key is used, and every word of
// the closed lists of docs/events is known, every operation of the audit log, and every number of the reports. That a used key exists is the compiler's to check.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const here = import.meta.dirname;
const read = (...path) => readFileSync(join(here, ...path), "utf8");
const en = JSON.parse(read("src/messages/en.json"));
const ru = JSON.parse(read("src/messages/ru.json"));
const wrong = [];

const places = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort().join();
for (const key of new Set([...Object.keys(en), ...Object.keys(ru)])) {
  if (!(key in en) || !(key in ru)) wrong.push(`${key}: missing in ${key in en ? "ru" : "en"}.json`);
  else if (places(en[key]) !== places(ru[key])) wrong.push(`${key}: {${places(en[key])}} in English, {${places(ru[key])}} in Russian`);
}

// A key is used as a literal, or its prefix is: "result." of word(), `state.${…}` of t().
const code = readdirSync(join(here, "src"), { recursive: true }).filter((f) => /\.tsx?$/.test(f)).map((f) => read("src", f)).join("\n");
const literals = new Set([...code.matchAll(/"([\w.]+)"/g)].map((m) => m[1]));
const prefixes = [...code.matchAll(/"([\w.]+\.)"|`([\w.]+\.)\$\{/g)].map((m) => m[1] ?? m[2]);
for (const key of Object.keys(en)) {
  if (!literals.has(key) && !prefixes.some((p) => key.startsWith(p))) wrong.push(`${key}: used nowhere`);
}

// Which texts name the words of which list of the schema.
const lists = {
  Kind: "kind.", EntryOutcome: "entry.", OfferResult: "offer.", IVROutcome: "left.", InputKind: "input.", LookupMethod: "method.", LookupResult: "lookup.",
  PopChannel: "channel.", PopResult: "pop.", RefusedReason: "refused.", SegmentKind: "segment.", RelaxedBy: "relaxed.", TransferMode: "mode.", TransferTo: "transferto.", TransferResult: "transfer.", MonitorMode: "monitor.", MonitorResult: "monitored.", RecordingCause: "recordcause.", RecordingResult: "recorded.", CallbackFirst: "first.", CallbackWhy: "putoff.", CallbackResult: "tried.", CallbackOutcome: "calledback.", By: "by.", AgentState: "state.", Result: "result.", Reason: "end.",
};
const schema = read("../../docs/events/asyncapi.yaml");
for (const [list, prefix] of Object.entries(lists)) {
  const found = schema.match(new RegExp(`^    ${list}:\\n(?:      .*\\n)*?      enum:\\n((?:        - .*\\n)+)`, "m"));
  if (!found) wrong.push(`${list}: no such list in docs/events/asyncapi.yaml`);
  for (const [, value] of found?.[1].matchAll(/- (\S+)/g) ?? []) {
    if (!(prefix + value in en)) wrong.push(`${prefix + value}: no text for a word of ${list}`);
  }
}

// The audit log names each operation that changes something.
const { paths } = JSON.parse(read("../../analytics/api/testdata/openapi.json"));
for (const [method, { operationId }] of Object.values(paths).flatMap(Object.entries)) {
  if (method !== "get" && !(`action.${operationId}` in en)) wrong.push(`action.${operationId}: no text for what the audit log tells`);
}

// Each number that can be explained has a name and its rule in plain words.
let report = "";
let rules = 0;
for (const [, of, field] of read("../../docs/metrics.md").matchAll(/^## .*`GET \/api\/v1\/(?:metrics\/)?([\w-]+)`|^### .*\(`(\w+)`\)/gm)) {
  report = of ?? report;
  if (of || report === "staffing" || report === "data-quality") continue; // they list their days and examples instead
  rules++;
  for (const key of [`number.${report}.${field}`, `rule.${report}.${field}`]) if (!(key in en)) wrong.push(`${key}: no text for a number of docs/metrics.md`);
}

if (wrong.length > 0) {
  console.error(wrong.join("\n"));
  process.exit(1);
}
console.log(`${Object.keys(en).length} texts in English and Russian, all used; ${Object.keys(lists).length} lists complete; ${rules} numbers explained in words`);
