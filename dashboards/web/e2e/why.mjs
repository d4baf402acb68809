// From a number to what is behind it, to one of its calls, and back: on a report, the wallboard, the agent's desk.
import { check, shows, until, want } from "./world.mjs";

export async function why({ boss, anna, shoot }) {
  const { page, test } = boss;
  const items = page.locator("[data-item]");
  const count = (n) => until(`${n} things`, 15_000, async () => (await items.count()) === n || (await items.count()));
  const number = (row, name) => page.locator(`[data-row="${row}"] [data-number="${name}"] a`);
  const noError = async (report) => {
    const told = await test("error").allTextContents();
    want(told.length === 0, `${report}: ${told.join()}`);
  };

  await check("a number of a report leads to its calls, one of them to the call, and back to the report as it was", async () => {
    await page.goto("/reports/queues");
    await page.selectOption("[name=interval]", "1d");
    await page.selectOption("[name=queue]", "support");
    await page.locator("[data-test=report][aria-busy=false]").waitFor();
    await noError("queues");
    await shows(number("support", "offered"), "2", 15_000);
    const report = page.url();
    want(/interval=1d/.test(report) && /queue=support/.test(report), `the address ${report} doesn't hold the choice`);
    await number("support", "offered").click();
    await shows(page.locator("h1"), "Offered: 2", 15_000);
    await count(2);
    await shows(test("why-place"), /Queues.*Europe\/Berlin.*Support.*Figures reach to/, 5_000);
    await shows(test("why-rule"), /Callers who joined the queue.*in which it joined the queue/, 5_000);
    const explained = page.url();
    await items.last().locator("a").first().click();
    await shows(page.locator("[data-test=contact]"), /Support.*Anna/, 15_000);
    await page.getByText("Back to the list").click();
    await count(2);
    want(page.url() === explained, `back at ${page.url()}, not ${explained}`);
    await test("why-back").click();
    await shows(number("support", "offered"), "2", 15_000);
    want(page.url() === report || new URL(page.url()).searchParams.toString().length === new URL(report).searchParams.toString().length, `back at ${page.url()}, not ${report}`);
    want((await page.locator("[name=queue]").inputValue()) === "support" && (await page.locator("[name=interval]").inputValue()) === "1d", "the report is another one");
  });
  await check("a share says which calls count in it, by which limit, and durations what they leave out", async () => {
    await number("total", "service_level.offered.percent").click();
    await shows(test("why-how"), /\d of 2: [\d.,]+ ?%/, 15_000);
    await count(2);
    await shows(page.locator("[data-in=denominator]"), /limit 20 s.*no/, 5_000);
    await shows(test("why-rule"), /Support: T 20 s, given up at once up to 1 s/, 5_000);
    await shoot(page, "why-share");
    await test("why-back").click();
    await number("total", "speed_of_answer.p90_ms").click();
    await shows(test("why-left"), /gave up|caller hung up/, 15_000);
    await shows(items, /this is it/, 5_000);
  });
  await check("a number of nothing says so, one that is none is refused in words", async () => {
    await test("why-back").click();
    await number("total", "overflowed").click();
    await shows(test("empty"), "Nothing counts in this number.", 15_000);
    await boss.excuse(async () => {
      await page.goto(page.url().replace("number=overflowed", "number=nothing"));
      await shows(test("error"), /^The request is not valid: number .*"nothing" is no number/, 15_000);
      await shows(test("empty"), "What is behind the number could not be had.", 5_000);
    });
  });
  await check("every report has its numbers, and each leads somewhere", async () => {
    for (const report of ["agents", "contacts", "ivr", "tickets", "backlog"]) {
      await page.goto(`/reports/${report}`);
      await page.locator("[data-test=report][aria-busy=false]").waitFor();
      await noError(report);
      if (await page.locator("[data-test=figures] [data-test=empty]").count() > 0) continue;
      const first = page.locator("[data-row=total] a.why").first();
      const value = await first.textContent();
      await first.click();
      await shows(test("why-value"), value.trim(), 15_000);
    }
  });
  await check("the wallboard's figures lead there by the keyboard, and back to it", async () => {
    await page.goto("/wallboard");
    const offered = page.locator("[data-queue=support] [data-test=offered] a");
    await shows(offered, "2", 15_000);
    await offered.focus();
    await page.keyboard.press("Enter");
    await count(2);
    await shows(page.locator("h1"), "Offered: 2", 5_000);
    await test("why-back").click();
    await test("wallboard").waitFor();
    want(new URL(page.url()).pathname === "/wallboard", page.url());
  });
  await check("an agent's own figures lead to her own calls", async () => {
    await anna.page.goto("/desk");
    const own = anna.page.locator("[data-test=own-calls] a");
    await shows(own, "1", 15_000);
    await own.click();
    await shows(anna.page.locator("[data-item]"), /Support.*Anna/, 15_000);
    want((await anna.page.locator("[data-item] a[href^='/reports']").count()) === 0, "she is led to a report");
    await anna.page.locator("[data-item] a").first().click();
    await anna.test("contact").waitFor();
    await anna.page.goto("/desk");
    await anna.test("desk").waitFor();
  });
}
