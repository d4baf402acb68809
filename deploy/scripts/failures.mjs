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
for (const key of failed) {
  const text = output.get(key) ?? "";
  console.log(`--- ${key}\n${text.length > 6000 ? `${text.slice(0, 3000)}\n[…]\n${text.slice(-3000)}` : text}`);
}
