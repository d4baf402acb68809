// The pages of admins: users, API keys, the audit log; and everybody's own account. No calls are needed, and no role but the API.
import { readFile } from "node:fs/promises";
import { sound, variants } from "./looks.mjs";
import { check, shows, signIn, tab, until, want } from "./world.mjs";

const secret = "correct horse"; // of who is configured
const chosen = "a rainy day in may";

export async function people({ browser, base, boss, anna, shoot }) {
  const adam = await tab(browser, base, { permissions: ["clipboard-read", "clipboard-write"] });
  const sam = await tab(browser, base);
  const world = { browser, base, adam, sam, boss, anna, shoot };
  await whose(world);
  const drawn = await add(world);
  await ownAccount(world, drawn);
  await change(world);
  await fixed(world);
  await keys(world);
  await audit(world);
  await states(world);
  await check("no errors in the pages", () => {
    const problems = [adam, sam, boss, anna].flatMap((t) => t.problems);
    want(problems.length === 0, problems.join("; "));
  });
}

const user = ({ page }, name) => page.locator(`[data-test=users] [data-user="${name}"]`);
const fault = ({ page }, field) => page.locator(`[data-fault=${field}]`);
const tick = ({ page }, name, value) => page.check(`[name="${name}"][value="${value}"]`);

/** Signs in, for somebody else too, and goes to his own page: the first ones need more roles than the API. */
const enter = ({ page, test, excuse }, name, password) => excuse(async () => {
  await page.goto("/account");
  await page.waitForSelector("[name=secret], [data-test=sign-out]");
  if (await test("sign-out").count() > 0) await test("sign-out").click();
  await page.waitForSelector("[name=secret]");
  await signIn(page, name, password, "/account");
});

/** Waits until a tab is asked to sign in again. */
const isOut = ({ page, excuse }) => excuse(async () => {
  await page.goto("/account");
  await page.waitForSelector("[name=secret]");
});

async function whose({ adam, boss, anna, shoot }) {
  await check("the navigation leads admins alone to users, keys and the audit log", async () => {
    await enter(adam, "adam", secret);
    await enter(boss, "boss", secret);
    await enter(anna, "anna", "4711");
    for (const path of ["/users", "/keys", "/audit"]) {
      want(await adam.page.locator(`nav a[href='${path}']`).count() === 1, `an admin is not led to ${path}`);
      for (const other of [boss, anna]) want(await other.page.locator(`nav a[href='${path}']`).count() === 0, `somebody else is led to ${path}`);
    }
  });
  await check("who types the address of a page that is not his is told whose it is", async () => {
    for (const path of ["/users", "/users/adam", "/keys", "/audit"]) {
      await boss.page.goto(path);
      await shows(boss.test("refused"), /This page is not for you.*: Admin\. ?You are signed in as boss: Supervisor\./, 5_000);
    }
    await shoot(boss.page, "people-refused");
    await anna.page.goto("/audit");
    await shows(anna.test("refused"), /“Audit log”: Admin\..*as Anna: Agent\./, 5_000);
    await shoot(anna.page, "people-refused-agent");
    want(await anna.page.locator("[data-test=refused] a[href='/']").count() === 1, "no way leads on");
  });
}

/** Returns the password that was drawn for him. */
async function add({ adam, shoot }) {
  const { page, test } = adam;
  let drawn = "";
  await check("users of the configuration are shown as such", async () => {
    await page.click("nav a[href='/users']");
    await shows(user(adam, "boss"), /boss.*Supervisor.*Everything.*Whole.*Sue.*firstline\.yaml.*Can sign in/, 10_000);
    await shows(user(adam, "adam"), /\(you\).*Admin/, 1_000);
    await shoot(page, "people-users-configured");
  });
  await check("what is wrong with a new user is told beside its field, which has the focus", async () => {
    const open = async () => {
      await page.keyboard.press("Enter");
      await page.waitForSelector("[data-test=user-form] [name=name]:focus");
    };
    await test("user-add").focus();
    await open();
    await test("user-leave").click();
    await page.waitForSelector("[data-test=user-add]:focus");
    await open();
    await page.keyboard.press("Enter");
    await shows(fault(adam, "name"), /^Letters, digits/, 5_000);
    await page.waitForSelector("[name=name][aria-invalid=true]:focus");
    await page.keyboard.type("boss");
    await page.check("[name=some][value=yes]");
    await page.check("[name=drawn][value='']");
    await page.fill("[name=password]", "short");
    await page.keyboard.press("Enter");
    await shows(fault(adam, "limits"), /^Tick a queue or a team/, 5_000);
    await shows(fault(adam, "password"), /^That won.t do/, 5_000);
    want(await fault(adam, "name").count() === 0, "the name is still told to be wrong");
    await shoot(page, "people-user-faults");
    await tick(adam, "queues", "support");
    await page.fill("[name=password]", chosen);
    await adam.excuse(async () => {
      await test("user-make").click();
      await shows(fault(adam, "name"), /^Somebody has this name already/, 5_000);
    });
    await page.waitForSelector("[name=name]:focus");
  });
  await check("a user is added; the password that was drawn is shown once, and copied", async () => {
    await page.fill("[name=name]", "sam.hill");
    await tick(adam, "teams", "first");
    await page.check("[name=masked]");
    await page.selectOption("[name=phone]", "anna");
    await page.check("[name=drawn][value=yes]");
    await shoot(page, "people-user-form");
    await test("user-make").click();
    await shows(user(adam, "sam.hill"), /Supervisor.*Support, team first.*Last three digits.*Anna.*adam.*Can sign in/, 10_000);
    drawn = await test("secret").inputValue();
    want(/^(\w{5}-){3}\w{5}$/.test(drawn), `drawn: ${drawn}`);
    await shoot(page, "people-user-made");
    await test("copy").click();
    await shows(test("copied"), "Copied", 5_000);
    want(await page.evaluate(() => navigator.clipboard.readText()) === drawn, "something else was copied");
    await test("once-done").click();
    await test("once").waitFor({ state: "detached" });
    await page.waitForSelector("[data-test=user-add]:focus");
    await page.reload();
    await user(adam, "sam.hill").waitFor();
    want(!(await page.content()).includes(drawn), "the password is still there");
  });
  return drawn;
}

async function ownAccount({ browser, base, adam, sam, anna, boss, shoot }, drawn) {
  const other = await tab(browser, base);
  await check("he signs in with it, and sees what he may do", async () => {
    await enter(sam, "sam.hill", drawn);
    await enter(other, "sam.hill", drawn);
    await sam.test("me").click();
    await shows(sam.test("account"), /sam\.hill.*Supervisor.*Support, team first.*Anna/, 5_000);
    want(await sam.page.locator("nav a[href='/contacts']").count() === 1 && await sam.page.locator("nav a[href='/data-quality']").count() === 0, "who is limited is led to what refuses him");
  });
  await check("he changes his password: what is wrong is told beside the field, and he stays signed in", async () => {
    await sam.page.fill("[name=new]", chosen);
    await sam.page.fill("[name=again]", "another one it is");
    await sam.page.keyboard.press("Enter");
    await shows(fault(sam, "old"), /^Type the password/, 5_000);
    await shows(fault(sam, "again"), /^This is not the same/, 1_000);
    await sam.page.fill("[name=old]", "not this one");
    await sam.page.fill("[name=again]", chosen);
    await sam.excuse(async () => {
      await sam.page.keyboard.press("Enter");
      await shows(fault(sam, "old"), /^This is not the password/, 10_000);
    });
    await shoot(sam.page, "people-account-faults");
    await sam.page.fill("[name=old]", drawn);
    await sam.page.keyboard.press("Enter");
    await shows(sam.test("own-password-changed"), /^Changed\. Your other sessions have ended/, 10_000);
    await isOut(other);
    await sam.page.reload();
    await sam.test("own-password").waitFor();
  });
  await check("he signs out everywhere", async () => {
    await enter(other, "sam.hill", chosen);
    await sam.test("everywhere").click();
    await sam.page.waitForSelector("[name=secret]");
    await isOut(other);
    await isOut(sam);
    await enter(sam, "sam.hill", chosen);
    await other.context.close();
  });
  await check("who is configured is told where his password or PIN is", async () => {
    for (const [who, text] of [[anna, /^Your PIN stands in firstline\.yaml/], [boss, /^It stands in firstline\.yaml/], [adam, /^It stands in firstline\.yaml/]]) {
      await who.test("me").click();
      await shows(who.test("configured"), text, 5_000);
      want(await who.test("own-password").count() === 0, "he can change it");
    }
  });
}

async function change({ adam, sam, shoot }) {
  const { page, test } = adam;
  await check("an admin changes what he may do; it counts from his next request on", async () => {
    await page.goto("/users");
    await user(adam, "sam.hill").locator("a").click();
    await page.waitForURL("**/users/sam.hill");
    want(await page.isChecked("[name=queues][value=support]") && await page.isChecked("[name=masked]"), "the form has not what he may");
    await page.check("[name=role][value=integrator]");
    want(await page.locator("[name=phone]").count() === 0, "an integrator can listen");
    await page.check("[name=some][value='']");
    await test("rights-save").click();
    await shows(test("rights-saved"), /^Saved\./, 5_000);
    await shoot(page, "people-user");
    await sam.page.goto("/account");
    await shows(sam.test("account"), /Integrator.*Everything/, 5_000);
  });
  await check("he gets another password, and is signed out", async () => {
    await test("password-new").click();
    await page.waitForSelector("[data-test=password-form] input:focus");
    await page.check("[name=drawn][value='']");
    await page.fill("[name=password]", "xx Sam.Hill xx");
    await page.keyboard.press("Enter");
    await shows(fault(adam, "password"), /^That won.t do/, 5_000);
    await page.fill("[name=password]", "a second rainy day");
    await shoot(page, "people-user-password");
    await page.keyboard.press("Enter");
    await shows(test("password-given"), "sam.hill has another password, and was signed out.", 10_000);
    await isOut(sam);
    await enter(sam, "sam.hill", "a second rainy day");
    await test("password-new").click();
    await test("password-set").click();
    await test("secret").waitFor();
    await shoot(page, "people-user-password-drawn");
    await test("once-done").click();
    await isOut(sam);
  });
  await check("he is disabled after one more question, and enabled again", async () => {
    await test("user-disable").focus();
    await page.keyboard.press("Enter");
    await test("user-disable-yes").waitFor();
    await shoot(page, "people-user-disable");
    await page.keyboard.press("Escape");
    await test("user-disable-yes").waitFor({ state: "hidden" });
    await page.keyboard.press("Enter");
    await test("user-disable-yes").waitFor();
    await page.keyboard.press("Enter");
    await shows(test("user-state"), "Disabled", 5_000);
    await shoot(page, "people-user-disabled");
    await page.click("main a[href='/users']");
    await shows(user(adam, "sam.hill"), /Disabled/, 5_000);
    await user(adam, "sam.hill").locator("a").click();
    await test("user-enable").click();
    await shows(test("user-state"), "Can sign in", 5_000);
  });
}

async function fixed({ adam, shoot }) {
  const { page, test } = adam;
  await check("a configured user is read-only; so is an admin for himself, who is told before he tries", async () => {
    await page.goto("/users/boss");
    await shows(test("fixed"), /stands in http\.users of firstline\.yaml/, 5_000);
    await shows(test("rights"), /Supervisor.*Everything.*Whole.*Sue/, 5_000);
    want(await page.locator("main button, main input").count() === 0, "there is something to change");
    await shoot(page, "people-user-configured");
    await page.goto("/users/adam");
    await shows(test("fixed"), /firstline\.yaml.*My account/, 5_000);
    await page.goto("/users/nobody");
    await shows(test("missing"), "There is no user nobody.", 5_000);
  });
  await check("an admin who was made can't change or disable himself, and is told so", async () => {
    await page.goto("/users");
    await test("user-add").click();
    await page.fill("[name=name]", "alice");
    await page.check("[name=role][value=admin]");
    want(await page.locator("[name=some], [name=masked]").count() === 0, "an admin can be limited");
    await page.check("[name=drawn][value='']");
    await page.fill("[name=password]", chosen);
    await test("user-make").click();
    await shows(test("user-made"), "alice can sign in now.", 5_000);
    await enter(adam, "alice", chosen);
    await page.goto("/users/alice");
    await shows(test("fixed"), /This is you\..*My account/, 5_000);
    want(await page.locator("main button, main input").count() === 0, "she can change herself");
    await shoot(page, "people-user-self");
    await page.click("[data-test=fixed] a");
    await test("own-password").waitFor();
    await enter(adam, "adam", secret);
  });
}

async function keys({ base, adam, shoot }) {
  const { page, test } = adam;
  const row = page.locator("[data-test=keys] [data-key]").filter({ hasText: "crm" });
  const over = page.locator("[data-test=keys-over] [data-key]").filter({ hasText: "crm" });
  let key = "";
  const use = async () => (await fetch(`${base}/api/v1/session`, { headers: { Authorization: `Bearer ${key}` } })).json();
  await check("what is wrong with a new key is told beside its field", async () => {
    await page.click("nav a[href='/keys']");
    await shows(test("keys-none"), "There is no key in force.", 5_000);
    await test("key-new").focus();
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-test=key-form] [name=name]:focus");
    await page.fill("[name=ends]", "2020-01-01");
    await page.check("[name=some][value=yes]");
    await test("key-make").click();
    for (const [field, text] of [["name", /^Say what/], ["scopes", /^Tick what/], ["limits", /^Tick a queue/], ["ends", /^A day from today/]]) await shows(fault(adam, field), text, 1_000);
    await page.waitForSelector("[name=name]:focus");
    await shoot(page, "people-key-faults");
    await tick(adam, "scopes", "admin");
    want(await page.locator("[name=some]").count() === 0, "a key with admin can be limited");
    await page.uncheck("[name=scopes][value=admin]");
    want(await fault(adam, "scopes").count() === 0 && await fault(adam, "name").count() === 1, "what was mended is still told, or what was not no longer");
  });
  await check("a key is made, shown once, copied, and works", async () => {
    await page.fill("[name=name]", "crm of sales");
    for (const scope of ["metrics.read", "contacts.read"]) await tick(adam, "scopes", scope);
    await tick(adam, "queues", "support");
    const ends = await page.evaluate(() => new Date(Date.now() + 10 * 24 * 3_600_000).toISOString().slice(0, 10));
    await page.fill("[name=ends]", ends);
    await shoot(page, "people-key-form");
    await test("key-make").click();
    key = await test("secret").inputValue();
    want(/^fl_[0-9a-f]{8}_[0-9a-f]{64}$/.test(key), "it has not the form of a key");
    await test("copy").click();
    await shows(test("copied"), "Copied", 5_000);
    want(await page.evaluate(() => navigator.clipboard.readText()) === key, "something else was copied");
    await shoot(page, "people-key-made");
    await shows(row, /crm of sales.*metrics\.read.*contacts\.read.*Support.*soon.*never.*adam/, 5_000);
    const { scopes, queues } = await use();
    want(scopes.join() === "metrics.read,contacts.read" && queues.join() === "support", `it may ${scopes} of ${queues}`);
    await test("once-done").click();
    await page.reload();
    await row.waitFor();
    want(!/never/.test(await row.textContent()), "its use is not told");
    want(!(await page.content()).includes(key), "the key is still there");
  });
  await check("it is revoked after one more question, by keyboard", async () => {
    const yes = test("key-revoke-yes");
    await row.locator("[data-test=key-revoke]").focus();
    await page.keyboard.press("Enter");
    await yes.waitFor();
    await shoot(page, "people-key-revoke");
    await page.keyboard.press("Escape");
    await yes.waitFor({ state: "hidden" });
    want("scopes" in await use(), "it is revoked already");
    await page.keyboard.press("Enter");
    await yes.waitFor();
    await page.keyboard.press("Enter");
    await shows(over, /Revoked.*adam/, 5_000);
    const answer = await use();
    want(/revoked/.test(answer.detail), JSON.stringify(answer));
    await shoot(page, "people-keys");
  });
}

async function audit({ adam, shoot }) {
  const { page, test } = adam;
  const rows = page.locator("[data-entry]");
  const loaded = () => page.locator("[data-test=audit][aria-busy=false]").waitFor();
  const all = async (text) => { for (const row of await rows.allTextContents()) want(text.test(row), `${row} is not ${text}`); };
  await check("the audit log tells who did what", async () => {
    await page.click("nav a[href='/audit']");
    await shows(rows.first(), /adam.*Admin.*Revoke an API key.*\/keys\/[0-9a-f]{8}.*Done/, 10_000);
    await shoot(page, "people-audit");
    await page.selectOption("[name=action]", "change-password");
    await shows(rows.first(), /sam\.hill.*Change own password.*\/session\/password.*Done/, 5_000);
    await shows(rows.nth(1), /Refused: wrong name or password/, 5_000);
  });
  await check("it is searched by who, about what and with which result; the address keeps the search", async () => {
    await page.selectOption("[name=action]", "");
    await page.fill("[name=object]", "/users/sam");
    await page.keyboard.press("Enter");
    await loaded();
    await shows(rows.first(), /Change a user.*\/users\/sam\.hill/, 5_000);
    await all(/\/users\/sam\.hill/);
    await page.fill("[name=object]", "");
    await page.selectOption("[name=result]", "refused");
    await shows(rows.first(), /^.*Refused/, 5_000);
    await loaded();
    await all(/Refused/);
    await page.selectOption("[name=result]", "");
    await page.fill("[name=actor]", "alice");
    await page.keyboard.press("Enter");
    await shows(rows.first(), /alice/, 5_000);
    await loaded();
    await page.reload();
    await shows(rows.first(), /alice/, 5_000);
    await all(/^[^a-z]*(AM|PM)?alice/);
    await page.fill("[name=actor]", "nobody");
    await page.keyboard.press("Enter");
    await shows(test("empty"), "No entry matches.", 5_000);
    await page.fill("[name=actor]", "");
    await page.selectOption("[name=hours]", "days");
    await page.locator("[name=from]").waitFor();
    await shows(rows.first(), /adam/, 5_000);
    await page.fill("[name=from]", "2020-01-01");
    await page.fill("[name=until]", "2020-01-31");
    await page.keyboard.press("Enter");
    await shows(test("empty"), "No entry matches.", 5_000);
    await shoot(page, "people-audit-days");
  });
  await check("it comes page by page, and whole as a file", async () => {
    await page.evaluate(async () => {
      const body = JSON.stringify({ role: "integrator" });
      for (let i = 0; i < 60; i++) await fetch("/api/v1/users/sam.hill", { method: "PUT", body, headers: { "Content-Type": "application/json" } });
    });
    await page.goto("/audit?actor=adam&action=change-user");
    await until("the first page", 5_000, async () => (await rows.count()) === 50 || (await rows.count()));
    await test("more").click();
    await until("the second page", 5_000, async () => (await rows.count()) > 60 || (await rows.count()));
    const seen = await rows.count();
    const ids = await rows.evaluateAll((list) => list.map((r) => r.dataset.entry));
    want(new Set(ids).size === seen, "an entry is there twice");
    const [download] = await Promise.all([page.waitForEvent("download"), test("download").click()]);
    want(download.suggestedFilename() === "audit.csv", download.suggestedFilename());
    const lines = (await readFile(await download.path(), "utf8")).trim().split("\n");
    want(lines.length === seen + 1 && lines[0].startsWith("id,time,actor"), `${lines.length} lines for ${seen} entries: ${lines[0]}`);
  });
}

/** Every page and form, in every look. */
async function states({ browser, base, shoot }) {
  for (const v of variants) {
    const name = `people-${v.colours}-${v.locale.slice(0, 2)}-${v.width}`;
    await check(`${name}: contrast, names, width, language`, async () => {
      const one = await tab(browser, base, { locale: v.locale, colorScheme: v.colours, viewport: { width: v.width, height: 900 } });
      await signIn(one.page, "adam", secret, "/account");
      for (const [path, loaded, act] of [
        ["/users", "[data-user]"],
        ["/users", "[data-user]", async () => { await one.test("user-add").click(); await one.page.check("[name=some][value=yes]"); await one.page.check("[name=drawn][value='']"); await one.test("user-make").click(); await fault(one, "name").waitFor(); }],
        ["/users/sam.hill", "[data-test=rights]", async () => { await one.test("password-new").click(); await one.test("password-form").waitFor(); }],
        ["/users/boss", "[data-test=rights]"],
        ["/keys", "[data-key]", async () => { await one.test("key-new").click(); await one.page.check("[name=some][value=yes]"); }],
        ["/audit?hours=days", "[data-entry]"],
        ["/account", "[data-test=account]"],
      ]) {
        await one.page.goto(path);
        await one.page.locator(loaded).first().waitFor();
        await act?.();
        await shoot(one.page, `${name}${path.replace(/\?.*/, "").replaceAll("/", "-")}${act ? "-form" : ""}`);
        await sound(one.page, path, v.locale);
      }
      want(one.problems.length === 0, one.problems.join("; "));
      await one.context.close();
    });
  }
}
