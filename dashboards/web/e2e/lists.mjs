// The list of contacts and the timeline of one, as a supervisor and as an agent sees them.
import { check, shows, until, want } from "./world.mjs";

export async function lists({ boss, anna, shoot }) {
  const { page, test } = boss;
  const rows = page.locator("[data-contact]");
  const count = (n) => until(`${n} contacts`, 15_000, async () => (await rows.count()) === n || (await rows.count()));

  await check("the list has both calls, newest first", async () => {
    await page.goto("/contacts");
    await count(2);
    await shows(rows.nth(0), /4930777.*Abandoned/, 5_000);
    await shows(rows.nth(1), /4930555.*C-7.*70001.*Support.*Anna.*Answered/, 5_000);
    await shoot(page, "contacts");
  });
  await check("it is searched by result and number; the address keeps the search", async () => {
    await page.selectOption("[name=outcome]", "abandoned");
    await count(1);
    await page.selectOption("[name=outcome]", "");
    await count(2);
    await page.selectOption("[name=kind]", ""); // what agents dial for themselves too: nobody has
    await count(2);
    await page.fill("[name=number]", "555");
    await page.keyboard.press("Enter");
    await shows(rows, /4930555/, 15_000);
    await page.reload();
    await count(1);
    await shows(rows, /4930555/, 5_000);
  });
  await check("a search without a match says so; two digits are not sent", async () => {
    await page.fill("[name=number]", "99");
    await test("search").click();
    want(await page.locator("[name=number]:invalid").count() === 1, "two digits are valid");
    await page.fill("[name=number]", "999");
    await page.keyboard.press("Enter");
    await shows(test("empty"), "No contact matches.", 15_000);
    await page.fill("[name=number]", "");
    await page.keyboard.press("Enter");
    await count(2);
  });
  await check("the timeline tells the call in words", async () => {
    await rows.nth(1).locator("a").click();
    const line = (type) => page.locator(`[data-test=timeline] [data-type="${type}"]`);
    await shows(line("contact.arrived"), /Call arrived.*4930555/, 15_000);
    await shows(line("ivr.incident"), /Told of incident “outage”/, 5_000);
    await shows(line("contact.identified"), /Customer lookup: known.*Ada Winter.*70001/, 5_000);
    await shows(line("queue.queued"), /Waits in Support, place 1/, 5_000);
    await shows(line("queue.priority"), /Priority changed from 0 to 1.*supervisor.*boss/, 5_000);
    await shows(line("offer.ended"), /Anna: answered/, 5_000);
    await shows(line("pop.shown"), /Screen pop shown to Anna/, 15_000);
    await shows(line("contact.disposition"), /Disposition: Solved.*line was unplugged/, 15_000);
    await shows(line("contact.ended"), /Contact closed: Answered/, 15_000);
    want(!(await test("timeline").textContent()).includes("{"), "there is raw JSON");
    await shoot(page, "contact");
    await test("technical").check();
    await shows(line("contact.arrived"), /sip_call_id/, 5_000);
  });
  await check("its own address shows it, one that does not exist is told", async () => {
    await page.reload();
    await test("contact").waitFor();
    await boss.excuse(async () => {
      await page.goto("/contacts/pbx1-1.1");
      await shows(test("error"), /no such contact/, 15_000);
    });
    await page.getByText("Back to the list").click();
    await count(2);
  });
  await check("the list of messages says that there is none, and is not for agents", async () => {
    await page.goto("/messages");
    await shows(test("empty"), "No open message in this period.", 15_000);
    await page.selectOption("[name=show]", "all");
    await shows(test("empty"), "No message was left in this period.", 15_000);
    want(await anna.page.locator("nav a[href='/messages']").count() === 0, "an agent is led to it");
    await page.goto("/contacts");
    await count(2);
  });
  await check("so do the lists of callbacks", async () => {
    await page.goto("/callbacks");
    await shows(test("callbacks-none"), "Nobody is to be called back.", 15_000);
    await shows(test("empty"), "No callback that was promised in this period has ended.", 15_000);
    want(await anna.page.locator("nav a[href='/callbacks']").count() === 0, "an agent is led to it");
    await page.goto("/contacts");
    await count(2);
  });
  await check("data quality tells how far the data reach, what was looked for, and what the loader met", async () => {
    await page.goto("/data-quality");
    await shows(test("watermark"), /Figures up to \d/, 15_000);
    want(await page.locator("[data-test=quality-kinds] [data-kind]").count() === 10, "not every kind is named");
    await shows(page.locator("[data-kind=negative]"), /Negative durations0Ended before it began\.$/, 5_000);
    want(await page.locator("[data-test=quality-tickets] [data-ticket-kind]").count() === 4, "not every kind of tickets' events is named");
    await shows(page.locator("[data-ticket-kind=before_start]"), /^Before the start\d+Happened before its ticket was opened/, 5_000);
    await shows(page.locator("[data-test=quality-loads]"), /firstline\.contacts\.v1/, 5_000);
    want(await page.locator("[data-test=quality-clocks] [data-clock]").count() === 4, "not every clock is named");
    await shows(page.locator("[data-clock=asterisk]"), /^Asterisk's clock against the controller's, at the event of .*They agree within a second\.$/, 5_000);
    await shows(page.locator("[data-clock=moved_ahead]"), /that were later than now0None\.$/, 5_000);
    await page.selectOption("[name=hours]", "1");
    await page.locator("[data-test=quality][aria-busy=false]").waitFor();
    want(new URL(page.url()).searchParams.get("hours") === "1", "the period is not in the address");
    want(await anna.page.locator("nav a[href='/data-quality']").count() === 0, "an agent is led to it");
    await page.goto("/contacts");
    await count(2);
  });
  await check("an agent sees his own contacts, with the number masked", async () => {
    await anna.page.goto("/contacts");
    const own = anna.page.locator("[data-contact]");
    await shows(own, /••••555/, 15_000);
    want(await own.count() === 1, `${await own.count()} contacts`);
    want(await anna.page.locator("[name=number]").count() === 0, "there is a search by number");
    await anna.page.goto("/desk");
    await anna.test("desk").waitFor();
  });
}
