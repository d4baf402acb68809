// A supervisor makes the only waiting caller more urgent; where nobody is there he can't be moved to.
import { check, shows, want } from "./world.mjs";

export async function urge({ page, test, problems, excuse }, shoot) {
  const row = page.locator("[data-caller]");
  const open = () => row.locator("[data-test=caller-menu]").click();

  await check("a caller is not moved to where nobody is; he waits on", async () => {
    await open();
    want(await test("caller-next").isDisabled(), "he who is next can be made the next");
    want(await test("caller-move").isDisabled(), "he can be moved to nowhere");
    await shoot(page, "wallboard-caller-menu");
    await test("caller-target").selectOption("queue:experts");
    await excuse(async () => {
      await test("caller-move").click();
      await shows(test("error"), /Nobody can be waited for there now/, 5_000);
    });
    await shows(row, /Support.*Waiting/, 1_000);
  });
  await check("a waiting caller is made more urgent", async () => {
    await open();
    await test("caller-up").click();
    await shows(row.locator("[data-priority]"), "priority 1", 5_000);
    want(await test("error").count() === 0, "the mistake before is still told");
    want(problems.length === 0, problems.join());
    await shoot(page, "wallboard-urged");
  });
}
