// What the checks stand on: a browser, one line a check, and the test behind this script, which makes calls and kills roles.
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];

export const launch = (executablePath) => chromium.launch({ executablePath, args: flags });

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Has the test do something that a page can't: a call, a kill. It answers when that has happened, with a value. */
export async function ask(what) {
  console.log(`do: ${what}`);
  const { value, done } = await answers.next();
  if (done) throw new Error(`the test went away during: ${what}`);
  return JSON.parse(value);
}

let failed = 0;

/** One check, one line. A check that fails does not end the others. */
export async function check(name, body) {
  const began = Date.now();
  try {
    const said = await body();
    console.log(`ok   ${name}${said === undefined ? "" : `: ${said}`} (${Date.now() - began} ms)`);
  } catch (e) {
    failed++;
    console.log(`FAIL ${name}: ${String(e.message ?? e).split("\n").slice(0, 6).join(" | ")}`);
  }
}

export const failures = () => failed;

export function want(condition, message) {
  if (!condition) throw new Error(message);
}

/** Waits until a condition holds; it is asked often, so that the time until then can be told. */
export async function until(what, limitMS, condition) {
  const deadline = Date.now() + limitMS;
  for (;;) {
    const seen = await condition();
    if (seen === true) return;
    if (Date.now() > deadline) throw new Error(`waited ${limitMS} ms for ${what}; last seen: ${seen}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits until an element's text is as given. */
export const shows = (locator, text, limitMS) =>
  until(`"${text}"`, limitMS, async () => {
    const seen = await locator.first().textContent({ timeout: limitMS }).catch(() => "nothing");
    return (text instanceof RegExp ? text.test(seen) : seen.trim() === text) || seen;
  });

/** A tab of its own, with its console watched: errors outside of excuse() are kept in problems. */
export async function tab(browser, base, options = {}) {
  const context = await browser.newContext({ baseURL: base, viewport: { width: 1440, height: 1000 }, locale: "en-GB", timezoneId: "Europe/Berlin", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const problems = [];
  let excused = false;
  page.on("console", (m) => { if (m.type() === "error" && !excused) problems.push(`${m.text()} ${m.location().url}`); });
  page.on("pageerror", (e) => problems.push(e.message));
  return {
    page, context, problems,
    excuse: async (body) => {
      excused = true;
      try { return await body(); } finally { excused = false; }
    },
    test: (name) => page.locator(`[data-test="${name}"]`),
  };
}

/** Signs in; path is shown afterwards. */
export async function signIn(page, name, secret, path = "/") {
  await page.goto(path);
  await page.fill("[name=name]", name);
  await page.fill("[name=secret]", secret);
  await page.click("form button");
  await page.waitForSelector("header.top");
}
