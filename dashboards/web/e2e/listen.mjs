// A supervisor listens to a talk with her phone, whispers to the agent, and takes the caller over.
import { ask, check, shows, signIn, tab, want } from "./world.mjs";

export async function listen({ browser, base, shoot }) {
  const [anna, boss] = [await tab(browser, base), await tab(browser, base)];
  const state = (s) => anna.page.locator(`[data-test=desk][data-state=${s}]`);
  const row = (agent) => boss.page.locator(`[data-agent=${agent}]`);
  const choose = async (item) => {
    await row("anna").locator("[data-test=agent-menu]").click();
    await boss.test(`menu-${item}`).click();
  };

  await check("nobody is listened to who doesn't talk", async () => {
    await signIn(boss.page, "boss", "correct horse");
    await signIn(anna.page, "anna", "4711");
    await anna.test("login").click();
    await state("ready").waitFor();
    await row("anna").locator("[data-test=agent-menu]").click();
    await boss.test("menu-logout").waitFor();
    want(await boss.test("menu-listen").count() === 0, "she can be listened to");
    await boss.page.keyboard.press("Escape");
  });
  await check("a supervisor whose phone is not there is told so", async () => {
    await ask("call by dora");
    await state("talking").waitFor();
    await ask("max wants to listen");
    await shows(row("max").locator("[data-test=unheard]"), "Did not hear Anna: phone not reachable", 5_000);
    await shoot(boss.page, "wallboard-unheard");
  });
  await check("a supervisor listens; she and the agent see it", async () => {
    await choose("listen");
    await shows(row("anna").locator("[data-monitor]"), "Sue listens", 10_000);
    await shows(anna.test("call-monitor"), "Sue listens", 5_000);
    await shoot(boss.page, "wallboard-listens");
  });
  await check("she whispers", async () => {
    await row("anna").locator("[data-test=agent-menu]").click();
    await boss.test("menu-take-over").waitFor();
    await shoot(boss.page, "wallboard-listens-menu");
    await boss.test("menu-whisper").click();
    await shows(row("anna").locator("[data-monitor]"), "Sue whispers", 5_000);
    await shows(anna.test("call-monitor"), "Sue whispers", 5_000);
    await shoot(anna.page, "desk-whispered");
  });
  await check("she takes the caller over, and the agent wraps up", async () => {
    await choose("take-over");
    await state("wrap_up").waitFor();
    await boss.page.locator("[data-agent=sue][data-state=talking]").waitFor();
    await row("anna").locator("[data-monitor]").waitFor({ state: "detached", timeout: 5_000 });
  });
  await check("the timeline tells it, also before the call is over", async () => {
    const contact = boss.page.locator("[data-contact]").filter({ hasText: "4930999" });
    await boss.page.goto("/contacts");
    await contact.locator("a").first().click();
    const line = (type) => boss.page.locator(`[data-test=timeline] [data-type="${type}"]`);
    await shows(line("monitor.started").first(), /Sue listens to Anna/, 15_000);
    await shows(line("monitor.ended").last(), /Sue no longer listens to Anna: took the caller over/, 5_000);
    await shoot(boss.page, "contact-listened");
    await ask("dora is gone");
  });
  await check("no errors in both pages", () => {
    const problems = [...anna.problems, ...boss.problems];
    want(problems.length === 0, problems.join("; "));
  });
}
