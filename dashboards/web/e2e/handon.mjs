// A caller is handed on from desk to desk: asked about first, with the wallboard beside it, then handed over.
import { ask, check, shows, signIn, tab, until, want } from "./world.mjs";

export async function handOn({ browser, base, shoot }) {
  const [anna, boris, boss] = [await tab(browser, base), await tab(browser, base), await tab(browser, base)];
  const state = (who, s) => who.page.locator(`[data-test=desk][data-state=${s}]`);
  const asking = (s) => anna.page.locator(`[data-test=call-controls][data-asking="${s}"]`);

  await check("two agents are ready, one for each queue", async () => {
    await signIn(boss.page, "boss", "correct horse");
    await signIn(boris.page, "boris", "4711");
    await boris.test("login").click();
    await state(boris, "ready").waitFor();
    await signIn(anna.page, "anna", "4711");
    await anna.test("ready").click();
    await state(anna, "ready").waitFor();
  });
  await check("an agent who talks is shown to whom she can hand her caller on, and who is there", async () => {
    await ask("call by cora");
    await state(anna, "talking").waitFor();
    await anna.test("call-target").focus();
    await until("the targets", 5_000, async () => {
      const texts = await anna.page.locator("[data-test=call-target] option").allTextContents();
      return (texts.includes("Experts · ready: 1") && texts.includes("Boris · Ready") && texts.includes("main")) || texts.join(", ");
    });
  });
  await check("she puts him on hold and takes him back", async () => {
    await anna.test("call-hold").click();
    await anna.test("call-unhold").click();
    await anna.test("call-hold").waitFor();
  });
  await check("she mutes herself, sees it, and is heard again", async () => {
    await anna.test("call-mute").click();
    await shows(anna.page.locator("[data-test=call-muting][data-muted=true] [role=status]"), "Nobody hears you", 5_000);
    await shoot(anna.page, "desk-muted");
    await anna.test("call-unmute").click();
    await anna.test("call-mute").waitFor();
  });
  await check("she asks in the other queue: the phone there rings with her caller's screen pop", async () => {
    await anna.page.selectOption("[data-test=call-target]", "queue:experts");
    await anna.test("call-consult").click();
    await shows(anna.test("call-asking"), "You wait for Experts. The caller is on hold.", 5_000);
    await boris.page.locator("[data-test=popup][data-ringing=true]").waitFor();
    await shows(boss.page.locator("[data-asks=anna]"), "Anna asks", 5_000);
    await shoot(boss.page, "wallboard-asks");
  });
  await check("they talk, and both see it", async () => {
    await asking("boris").waitFor();
    await shows(anna.test("call-asking"), "You talk to Boris. The caller is on hold.", 1_000);
    await shows(boris.test("call-asked"), "Anna asks you about this caller, who is on hold.", 5_000);
    await shoot(anna.page, "desk-asking");
    await shoot(boris.page, "desk-asked");
  });
  await check("she hands him over and wraps up; the other one has him", async () => {
    await anna.test("call-complete").click();
    await state(anna, "wrap_up").waitFor();
    await boris.test("call-asked").waitFor({ state: "detached" });
    want(await state(boris, "talking").count() === 1, "he does not talk");
    await boris.test("call-hold").waitFor();
  });
  await check("he asks at a number outside that is busy: his page says so, and he has the caller", async () => {
    await boris.page.selectOption("[data-test=call-target]", "number:");
    await boris.test("call-number").fill("4930333");
    await boris.test("call-consult").click();
    await shows(boris.test("call-vain"), "••••333: the number was busy. You have the caller back.", 10_000);
    await shoot(boris.page, "desk-asked-in-vain");
  });
  await check("he asks at a number outside: it rings there, they talk, and he has the caller again when that one hangs up", async () => {
    const says = (text) => shows(boris.test("call-asking"), text, 15_000);
    await boris.page.selectOption("[data-test=call-target]", "number:");
    await boris.test("call-number").fill("4930222");
    await boris.test("call-consult").click();
    await says("It rings at ••••222. The caller is on hold.");
    await says("You talk to ••••222. The caller is on hold.");
    await boris.test("call-conference").waitFor();
    await shoot(boris.page, "desk-asks-outside");
    await boris.test("call-hold").waitFor();
  });
  await check("what can't be done is said, and the caller stays", async () => {
    await boris.excuse(async () => {
      await boris.page.selectOption("[data-test=call-target]", "agent:anna");
      await anna.test("logout").click();
      await state(anna, "logged_out").waitFor();
      await boris.test("call-transfer").click();
      await shows(boris.test("call-error"), "Nobody can be waited for there now: choose another target.", 5_000);
    });
    want(await state(boris, "talking").count() === 1, "the caller is gone");
  });
  await check("the timeline tells it", async () => {
    await ask("cora hangs up");
    await state(boris, "ready").waitFor(); // wrapped up
    const row = boss.page.locator("[data-contact]").filter({ hasText: "4930888" });
    await until("the contact's end in the list", 15_000, async () => {
      await boss.page.goto("/contacts"); // it is asked once
      await row.waitFor();
      const text = await row.textContent();
      return text.includes("Answered") || text;
    });
    await row.locator("a").first().click();
    const line = (type) => boss.page.locator(`[data-test=timeline] [data-type="${type}"]`);
    await shows(line("mute.started"), /Anna is muted/, 15_000);
    await shows(line("transfer.started").first(), /Anna hands the caller on to Experts/, 15_000);
    await shows(line("transfer.ended").first(), /Transfer: handed over.*Boris/, 5_000);
    await shows(line("outside.answered"), /••••222 outside answered/, 5_000);
    await shows(line("outside.ended").first(), /Call to ••••333 outside ended: phone busy/, 5_000);
    await shows(line("outside.ended").last(), /Call to ••••222 outside ended: answered/, 5_000);
    await shows(line("transfer.ended").last(), /Transfer: came back to the caller/, 5_000);
    await shoot(boss.page, "contact-handed-on");
  });
  await check("no errors in the three pages", () => {
    const problems = [...anna.problems, ...boris.problems, ...boss.problems];
    want(problems.length === 0, problems.join("; "));
  });
}
