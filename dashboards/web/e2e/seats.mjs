// Agents without phones of their own say where they sit; one takes the other's place.
import { ask, check, shows, signIn, tab, until, want } from "./world.mjs";

export async function seats({ browser, base, shoot }) {
  const [rita, nora, boss] = [await tab(browser, base), await tab(browser, base), await tab(browser, base)];
  const state = (who, s) => who.page.locator(`[data-test=desk][data-state=${s}]`);
  const row = (agent) => boss.page.locator(`[data-agent=${agent}]`);

  await check("an agent without a phone chooses where she sits", async () => {
    await signIn(boss.page, "boss", "correct horse");
    await signIn(rita.page, "rita", "4711");
    await rita.test("seat").selectOption("window");
    await shoot(rita.page, "desk-seat");
    await rita.test("login").click();
    await state(rita, "ready").waitFor();
    await shows(rita.test("sits"), "sits at Window", 5_000);
    await shows(row("rita").locator("[data-test=sits]"), "sits at Window", 5_000);
  });
  await check("the seat of another one is told, and may be taken over while she is idle", async () => {
    await signIn(nora.page, "nora", "4711");
    await shows(nora.page.locator("[data-test=seat] option[value=window]"), "Window: Rita sits there", 10_000);
    await nora.test("seat").selectOption("window");
    await nora.test("login").click();
    await state(nora, "ready").waitFor();
    await state(rita, "logged_out").waitFor();
    await shows(row("nora").locator("[data-test=sits]"), "sits at Window", 5_000);
    want(await row("rita").locator("[data-test=sits]").count() === 0, "both sit there");
    await shoot(boss.page, "wallboard-seats");
  });
  await check("a supervisor logs an agent in at a free seat", async () => {
    await row("rita").locator("[data-test=agent-menu]").click();
    await boss.test("menu-login-door").click();
    await shows(row("rita").locator("[data-test=sits]"), "sits at Door", 5_000);
    await shows(rita.test("sits"), "sits at Door", 5_000);
  });
  await check("she moves to another seat by her page", async () => {
    await rita.test("change-seat").click();
    await shows(rita.page.locator("[data-test=seat] option[value=window]"), "Window: Nora sits there", 10_000);
    want(await rita.page.locator("[data-test=seat] option[value=door]").count() === 0, "she can move to where she is");
    await nora.test("logout").click();
    await state(nora, "logged_out").waitFor();
    await shows(rita.page.locator("[data-test=seat] option[value=window]"), "Window", 10_000);
    await rita.test("login").click();
    await shows(rita.test("sits"), "sits at Window", 5_000);
    await shows(row("rita").locator("[data-test=sits]"), "sits at Window", 5_000);
    await rita.test("logout").click();
    await state(rita, "logged_out").waitFor();
    await nora.test("login").click();
    await state(nora, "ready").waitFor();
  });
  await check("the page remembers the seat", async () => {
    await nora.test("logout").click();
    await state(nora, "logged_out").waitFor();
    await nora.page.reload();
    await nora.test("seat").waitFor();
    await until("the seat she had", 5_000, async () => {
      const offered = await nora.test("seat").inputValue();
      return offered === "window" || offered;
    });
  });
  await check("who logs in by a seat's phone is seen there", async () => {
    await ask("nora logs in by the phone at the door");
    await shows(nora.test("sits"), "sits at Door", 5_000);
    await shows(row("nora").locator("[data-test=sits]"), "sits at Door", 5_000);
    await nora.test("logout").click();
    await state(nora, "logged_out").waitFor();
  });
  await check("the pages had no errors meanwhile", async () => {
    for (const t of [rita, nora, boss]) {
      want(t.problems.length === 0, t.problems.join("; "));
      await t.context.close();
    }
  });
}
