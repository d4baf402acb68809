// What the pages say while a part is dead, and that they recover by themselves.
import { ask, check, shows, want } from "./world.mjs";

export async function stale({ boss, anna, shoot }) {
  const { page, test } = boss;
  await page.goto("/wallboard");
  await shows(test("live"), "Live", 15_000);

  await check("the pages say so when the API is killed, and recover by themselves", async () => {
    await boss.excuse(() => anna.excuse(async () => {
      await ask("kill api");
      const began = Date.now();
      await shows(test("stale"), /connection is lost/, 5_000);
      const told = Date.now() - began;
      await anna.test("stale").waitFor();
      await shoot(page, "wallboard-stale");
      await test("stale").waitFor({ state: "detached", timeout: 60_000 });
      await anna.test("stale").waitFor({ state: "detached", timeout: 60_000 });
      await shows(test("live"), "Live", 5_000);
      return `told after ${told} ms, live again after ${Date.now() - began} ms`;
    }));
  });
  await check("they say so when the controller is silent, and stop counting", async () => {
    await ask("stop controller");
    await shows(test("stale"), /controller does not answer/, 10_000);
    await anna.test("stale").waitFor();
    const since = page.locator("[data-agent=anna] td").nth(2);
    const before = await since.textContent();
    await shows(test("stale"), /0:0[5-9]|0:1/, 15_000);
    want(await since.textContent() === before, "what is shown counts on");
    await ask("continue controller");
    await test("stale").waitFor({ state: "detached", timeout: 30_000 });
    await anna.test("stale").waitFor({ state: "detached", timeout: 30_000 });
  });
  await check("nothing else stood in the consoles", async () => {
    const all = [...boss.problems, ...anna.problems];
    want(all.length === 0, all.join("; "));
  });
}
