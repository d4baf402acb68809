// Prints the output of failed tests and packages from `go test -json` on standard input, and nothing of the others.
import { createInterface } from "node:readline";

const output = new Map();
const failed = [];
for await (const line of createInterface({ input: process.stdin })) {
  let event;
  try {
    event = JSON.parse(line);
  } catch {
    console.log(line); // a build error
    continue;
  }
  const key = `${event.Package ?? event.ImportPath ?? ""} ${event.Test ?? ""}`;
  if (event.Output) output.set(key, (output.get(key) ?? "") + event.Output);
  if (event.Action === "fail" || event.Action === "build-fail") failed.push(key);
}
// A product's log is long and follows what the test said: the test's own complaints come last, where a reader looks.
const complaints = (text) => text.split("\n").filter((line) => /_test\.go:\d+: /.test(line) && !/_test\.go:\d+: ok /.test(line));
for (const key of failed) {
  const text = output.get(key) ?? "";
  console.log(`--- ${key}\n${text.length > 6000 ? `${text.slice(0, 3000)}\n[…]\n${text.slice(-3000)}` : text}`);
}
for (const key of failed) {
  const said = complaints(output.get(key) ?? "");
  if (said.length > 0) console.log(`said by ${key}:\n${said.slice(0, 20).join("\n").slice(0, 2000)}`);
}
