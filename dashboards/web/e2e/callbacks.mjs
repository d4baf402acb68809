// Two callers have themselves called back: a supervisor cancels one, an agent who becomes ready talks to the other.
import { ask, check, shows, signIn, tab, until, want } from "./world.mjs";

const gil = "4930222";
const hal = "4930333";
const among = (page, list, number) => page.locator(`[data-test=${list}] [data-callback]`).filter({ hasText: number });

/** While the agent is paused. Hal is left waiting. */
export async function promised({ boss, shoot }) {
  const { page, test } = boss;
  const open = (number) => among(page, "callbacks", number);

  await check("callers who asked for it are to be called back, at their places", async () => {
    await ask("gil and hal ask to be called back");
    await page.goto("/callbacks");
    await shows(open(gil), /Waits in line, place 1.*0 of 3.*none yet/, 10_000);
    await shows(open(hal), /C-8 · 8.*Support.*ago.*Waits in line, place 2/, 5_000);
    await shoot(page, "callbacks-open");
  });
  await check("a supervisor cancels one, and is asked once more", async () => {
    await open(gil).locator("[data-test=callback-cancel]").click();
    await test("callback-cancel-yes").waitFor();
    await shoot(page, "callbacks-cancel");
    await page.keyboard.press("Escape");
    await test("callback-cancel-yes").waitFor({ state: "hidden" });
    await shows(open(gil), /place 1/, 5_000);
    await open(gil).locator("[data-test=callback-cancel]").click();
    await test("callback-cancel-yes").click();
    await open(gil).waitFor({ state: "detached" });
    await shows(open(hal), /place 1/, 5_000);
    await test("search").click();
    await shows(among(page, "callbacks-ended", gil), /cancelled.*boss.*0 of 3/, 10_000);
  });
  await check("the wallboard has the other one among who waits", async () => {
    await page.goto("/wallboard");
    const row = page.locator("[data-caller]");
    await shows(row, /Support.*C-8.*Waiting.*☎ Callback/, 10_000);
    want(await row.count() === 1, `${await row.count()} wait`);
    await shows(page.locator("[data-queue=support] [data-test=waiting]"), /1.*called\sback:\s1/, 5_000);
    want(boss.problems.length === 0, boss.problems.join("; "));
  });
}

/** The agent is paused afterwards, as before. */
export async function calledBack({ browser, base, shoot }) {
  const [anna, boss] = [await tab(browser, base), await tab(browser, base)];
  const state = (s) => anna.page.locator(`[data-test=desk][data-state=${s}]`);
  const listed = (path, row, text) => until(`"${text}"`, 15_000, async () => {
    await boss.page.goto(path); // what has ended is asked once
    await row.waitFor({ timeout: 2_000 }).catch(() => undefined);
    const seen = await row.count() > 0 ? await row.textContent() : "no row";
    return text.test(seen) || seen;
  });

  await check("an agent who becomes ready is rung, her desk says that it is a callback", async () => {
    await signIn(boss.page, "boss", "correct horse");
    await signIn(anna.page, "anna", "4711");
    await anna.test("ready").click();
    await anna.page.locator("[data-test=popup][data-ringing=true]").waitFor();
    await shows(anna.test("callback"), "☎ Callback", 5_000);
    await shows(anna.test("who"), "Hal Moor", 5_000);
    await shows(boss.page.locator("[data-caller]"), /Ringing Anna.*☎ Callback/, 5_000); // it rings for a short while: look first
    await shoot(anna.page, "desk-callback");
    await shoot(boss.page, "wallboard-callback");
  });
  await check("the customer's phone rings, they talk", async () => {
    await state("talking").waitFor();
    await state("wrap_up").waitFor(); // he hung up
    await anna.test("wrap-up-done").click();
    await state("ready").waitFor();
    await anna.test("pause").click();
    await state("paused").waitFor();
  });
  await check("the list of callbacks says what became of it", async () => {
    await listed("/callbacks", among(boss.page, "callbacks-ended", hal), /C-8 · 8.*Support.*talked to an agent.*Anna.*1 of 3/);
    await boss.test("callbacks-none").waitFor();
    await shoot(boss.page, "callbacks");
  });
  await check("its contact tells it; the call in which he asked is one of its own", async () => {
    const both = boss.page.locator("[data-contact]").filter({ hasText: hal });
    await listed("/contacts", both.first(), /☎ Callback.*C-8.*Support.*Anna.*Answered/);
    await shows(both.last(), /C-8.*Support.*Served by the menu/, 5_000);
    await both.first().locator("a").first().click();
    const line = (type) => boss.page.locator(`[data-test=timeline] [data-type="${type}"]`);
    await shows(line("callback.promised"), /Callback promised in Support/, 10_000);
    await shows(line("callback.attempted"), /Customer called, attempt 1: reached.*Anna/, 5_000);
    await shows(line("callback.ended"), /Callback ended: talked to an agent/, 5_000);
    await shows(boss.page.locator("h1"), `Callback to ${hal}`, 5_000);
    await shoot(boss.page, "contact-callback");
  });
  await check("no errors in both pages", () => {
    const problems = [...anna.problems, ...boss.problems];
    want(problems.length === 0, problems.join("; "));
  });
}
