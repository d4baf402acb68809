// Signing in, and the wallboard while a caller waits.
import { urge } from "./urge.mjs";
import { ask, check, shows, signIn, until, want } from "./world.mjs";

export async function wallboard({ boss, shoot }) {
  const { page, test } = boss;
  await check("the page before signing in says nothing in the console", async () => {
    await page.goto("/");
    await page.waitForSelector("[name=name]:focus");
    want(boss.problems.length === 0, boss.problems.join());
    await shoot(page, "signin");
  });
  await check("a wrong password is told, a right one leads to the wallboard", async () => {
    await boss.excuse(async () => {
      await page.fill("[name=name]", "boss");
      await page.fill("[name=secret]", "wrong");
      await page.keyboard.press("Enter");
      await shows(test("error"), "Name or password is wrong", 10_000);
    });
    await signIn(page, "boss", "correct horse");
    await test("wallboard").waitFor();
    await shows(test("live"), "Live", 10_000);
    want(new URL(page.url()).pathname === "/wallboard", page.url());
  });
  const incident = page.locator("[data-incident=outage]");
  await check("an incident is switched on for callers to hear", async () => {
    await shows(incident, /^Off\s*Outage in the north/, 5_000);
    await test("incident-switch").click();
    await shows(incident, /^Callers are told\s*Outage in the north.*boss/, 2_000);
  });
  const support = page.locator("[data-queue=support]");
  const tile = (name) => support.locator(`[data-test="${name}"] .value`);
  await check("a waiting caller is on the wallboard within two seconds", async () => {
    await shows(tile("waiting"), "0", 10_000);
    await ask("call by ada");
    const began = Date.now();
    await shows(tile("waiting"), "1", 2_000);
    return `${Date.now() - began} ms after the controller knew`;
  });
  await check("the wait counts up, the caller has customer and ticket", async () => {
    const before = await tile("longest").textContent();
    await until("the longest wait to move", 5_000, async () => (await tile("longest").textContent()) !== before || before);
    const row = page.locator("[data-caller]");
    await shows(row, /Support.*C-7.*70001.*Waiting/, 5_000);
  });
  await shoot(page, "wallboard-waiting");
  await urge(boss, shoot);
  await check("and off again", async () => {
    await test("incident-switch").click();
    await shows(incident, /^Off/, 2_000);
  });
}
