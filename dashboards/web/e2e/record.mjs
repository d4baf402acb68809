// A talk is recorded, the agent pauses that for card data, and a supervisor hears it afterwards.
import { nameless, poorContrast } from "./accessible.mjs";
import { ask, check, shows, signIn, tab, until, want } from "./world.mjs";

export async function record({ browser, base, shoot }) {
  const [anna, boss] = [await tab(browser, base), await tab(browser, base)];
  const recording = (s) => anna.page.locator(`[data-test=call-recording][data-recording=${s}]`);

  await check("the agent sees that the talk is recorded, and pauses it", async () => {
    await signIn(anna.page, "anna", "4711");
    await anna.test("wrap-up-done").click(); // of the call before
    await anna.page.locator("[data-test=desk][data-state=ready]").waitFor();
    await ask("call by eve");
    await recording("on").waitFor();
    await anna.test("call-record_pause").click();
    await recording("paused").waitFor();
    await shoot(anna.page, "desk-recording-paused");
    await anna.test("call-record_resume").click();
    await recording("on").waitFor();
    await ask("eve is gone");
  });
  await check("a supervisor hears it at the contact's page", async () => {
    await signIn(boss.page, "boss", "correct horse");
    await boss.page.goto("/contacts");
    await boss.page.locator("[data-contact]").filter({ hasText: "4930666" }).locator("a").first().click();
    const kept = boss.page.locator("[data-test=recordings] [data-state=kept]");
    await kept.waitFor({ timeout: 15_000 });
    const audio = kept.locator("audio");
    await audio.evaluate((a) => { a.muted = true; return a.play(); });
    await until("the recording to play", 5_000, () => audio.evaluate((a) => a.currentTime > 0.2 || a.error?.message || a.currentTime));
    await audio.evaluate((a) => { a.currentTime = a.duration - 0.5; });
    await until("the recording to play to its end", 5_000, () => audio.evaluate((a) => a.ended || a.currentTime));
    const line = (type) => boss.page.locator(`[data-test=timeline] [data-type="${type}"]`);
    await shows(line("recording.paused").first(), /Recording pauses/, 15_000);
    await line("recording.stored").waitFor();
    await shoot(boss.page, "contact-recorded");
    return `${await audio.evaluate((a) => a.duration)} s`;
  });
  await check("who has no right to it does not", async () => {
    await anna.page.goto(boss.page.url());
    await anna.test("timeline").waitFor();
    want(await anna.test("recordings").count() === 0, "she has the recording");
  });
  await check("a message that a caller left is heard", async () => {
    await ask("fay leaves a message");
    await boss.page.goto("/messages");
    const row = boss.page.locator("[data-message]").filter({ hasText: "4930444" });
    await until("the message to be in the list", 15_000, async () => {
      if (await row.locator("audio").count() > 0) return true;
      await boss.page.reload();
      await boss.page.locator("[data-test=messages][aria-busy=false]").waitFor();
      return await boss.page.locator("main").textContent();
    });
    const audio = row.locator("audio");
    await audio.evaluate((a) => { a.muted = true; return a.play(); });
    await until("the message to play", 5_000, () => audio.evaluate((a) => a.currentTime > 0.2 || a.error?.message || a.currentTime));
    await shoot(boss.page, "messages");
  });
  const message = boss.page.locator("[data-message]").filter({ hasText: "4930444" });
  const listed = (show, there) => until(`${show} to ${there ? "have" : "lack"} the message`, 15_000, async () => {
    await boss.page.goto(`/messages?show=${show}`); // what is marked is loaded a moment later
    await boss.page.locator("[data-test=messages][aria-busy=false]").waitFor();
    return await message.count() === (there ? 1 : 0) || await boss.page.locator("main").textContent();
  });
  await check("it is marked as dealt with, by keyboard, and is no open one any more", async () => {
    await message.locator("[data-test=mark-done]").focus();
    await boss.page.keyboard.press("Enter");
    await message.locator("[name=note]").waitFor();
    await boss.page.keyboard.press("Escape");
    await message.locator("[name=note]").waitFor({ state: "detached" });
    await message.locator("[data-test=mark-done]").click();
    await boss.page.keyboard.type("called back, was the cable");
    const poor = [...await nameless(boss.page), ...await poorContrast(boss.page)];
    want(poor.length === 0, poor.join("; "));
    await shoot(boss.page, "messages-mark");
    await boss.page.keyboard.press("Enter");
    await shows(message.locator("[data-test=mark]"), /Dealt with.*boss.*called back, was the cable.*Take back/, 5_000);
    await listed("open", false);
    await listed("done", true);
    await shows(message.locator("[data-test=mark]"), /Dealt with.*boss.*called back, was the cable/, 1_000);
    await shoot(boss.page, "messages-done");
  });
  await check("the mark is taken back; its contact tells both", async () => {
    await message.locator("[data-test=unmark]").click();
    await message.locator("[data-test=mark-done]").waitFor();
    await listed("done", false);
    await listed("open", true);
    await message.locator("a").click();
    const marked = boss.page.locator("[data-test=timeline] [data-type='voicemail.marked']");
    await shows(marked.first(), /Message dealt with.*boss.*called back, was the cable/, 15_000);
    await shows(marked.last(), /Message open again.*boss/, 5_000);
    await shoot(boss.page, "contact-message-marked");
  });
  await check("no errors in both pages", () => {
    const problems = [...anna.problems, ...boss.problems];
    want(problems.length === 0, problems.join("; "));
  });
}
