// The agent's desk from the log-in over the ringing phone to the saved disposition, with the wallboard beside it.
import { ask, check, shows, signIn, until, want } from "./world.mjs";

export async function desk({ boss, anna, shoot }) {
  const { page, test } = anna;
  const state = (s) => page.locator(`[data-test=desk][data-state=${s}]`);
  const figure = (name) => boss.page.locator(`[data-queue=support] [data-test="${name}"] .value`);

  await check("the desk of an agent who is logged out", async () => {
    await signIn(page, "anna", "4711");
    await state("logged_out").waitFor();
    want(new URL(page.url()).pathname === "/desk", page.url());
  });
  await check("the screen pop is there while the phone rings, with the ticket", async () => {
    await test("login").click();
    const popup = page.locator("[data-test=popup][data-ringing=true]");
    await popup.waitFor();
    want(await state("ringing").count() === 1, "the agent's state is not ringing");
    await shows(test("who"), "Ada Winter", 1_000);
    await shows(test("ticket"), "Open ticket 70001", 1_000);
    const href = await test("ticket").getAttribute("href");
    want(href === "https://help.example/t/70001", href);
    await shoot(page, "desk-ringing");
  });
  await check("it stays during the talk; the next state can be chosen and taken back", async () => {
    await state("talking").waitFor();
    await shows(test("who"), "Ada Winter", 1_000);
    await test("pause").click();
    await shows(test("next"), "After this call: Paused", 5_000);
    await test("ready").click();
    await test("next").waitFor({ state: "detached" });
  });
  await check("wrap-up counts down and can be made longer", async () => {
    await state("wrap_up").waitFor({ timeout: 30_000 });
    const left = async () => {
      const [, m, s] = (await test("wrap-up-left").textContent()).match(/(\d+):(\d+)/);
      return Number(m) * 60 + Number(s);
    };
    await test("wrap-up-left").waitFor();
    const before = await left();
    await until("the countdown", 5_000, async () => (await left()) < before || (await left()));
    await test("wrap-up-more").click();
    await until("more time", 10_000, async () => (await left()) > before || (await left()));
  });
  await check("the disposition is saved", async () => {
    await page.selectOption("[name=code]", "solved");
    await page.fill("[name=note]", "line was unplugged");
    await test("save-disposition").click();
    await shows(test("saved"), "Saved", 5_000);
    await shoot(page, "desk-wrap-up");
    await test("wrap-up-done").click();
    await state("ready").waitFor();
  });
  await check("the answered call is in the figures of desk and wallboard", async () => {
    await shows(page.locator("[data-test=own-calls] .value"), "1", 20_000);
    await shows(figure("offered"), "1", 10_000);
    await shows(figure("answered"), "1", 1_000);
    await shows(figure("waiting"), "0", 1_000);
  });
  await check("a pause has its reason, on the desk and on the wallboard", async () => {
    await page.selectOption("[data-test=pause-reason]", "break");
    await test("pause").click();
    await state("paused").waitFor();
    await shows(boss.page.locator("[data-agent=anna] .badge"), "Paused · Break", 5_000);
  });
  await check("a pause that is paid work has its own figure", async () => {
    await page.selectOption("[data-test=pause-reason]", "training");
    await test("pause").click();
    await shows(boss.page.locator("[data-agent=anna] .badge"), "Paused · Training", 5_000);
    await shows(page.locator("[data-test=own-not-billable] .value"), /[1-9]/, 20_000);
  });
  await check("an abandoned call is in the wallboard's figures", async () => {
    await ask("call by ben who gives up");
    await shows(figure("abandoned"), "1", 20_000);
    await shows(figure("offered"), "2", 1_000);
    await shows(figure("answered"), "1", 1_000);
    await shows(page.locator("[data-test=own-billable] .value"), /[1-9]/, 20_000);
  });
  await check("a supervisor makes the agent ready again, by keyboard", async () => {
    await boss.page.locator("[data-agent=anna] [data-test=agent-menu]").focus();
    await boss.page.keyboard.press("Enter");
    await boss.test("menu-ready").waitFor();
    await boss.page.keyboard.press("Enter");
    await boss.page.locator("[data-agent=anna][data-state=ready]").waitFor();
    await state("ready").waitFor();
    want(!(await boss.test("menu").isVisible()), "the menu is still open");
  });
  await check("a reason that the menu offers pauses the agent", async () => {
    await boss.page.locator("[data-agent=anna] [data-test=agent-menu]").click();
    await boss.test("menu-pause-break").click();
    await state("paused").waitFor();
  });
}
