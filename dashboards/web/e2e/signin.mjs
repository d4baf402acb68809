// Signing in at an identity provider, in a browser: node signin.mjs BASE CHROMIUM SCREENS. The test behind it runs both sides.
import { join } from "node:path";
import { nameless, overflow, poorContrast } from "./accessible.mjs";
import { ask, check, failures, launch, shows, signIn, tab, want } from "./world.mjs";

const [base, executable, screens] = process.argv.slice(2);
const browser = await launch(executable);
const shoot = (page, name) => page.screenshot({ path: join(screens, `signin-${name}.png`) });

/** At the provider: name, password, and yes to what is asked. */
async function atProvider(page, login) {
  await page.fill("[name=login]", login);
  await page.fill("[name=password]", "any");
  await page.click("button[type=submit]");
  await page.locator("button[type=submit]:text-is('Continue')").click();
}

async function looks(one, name) {
  await shoot(one.page, name);
  const poor = await poorContrast(one.page);
  want(poor.length === 0, `contrast ${poor.join(", ")}`);
  const without = await nameless(one.page);
  want(without.length === 0, `no name ${without.join(", ")}`);
  want((await overflow(one.page)) <= 0, "too wide");
}

/** What our pages complain of: the provider's own are its business. */
const complaints = (of) => of.problems.filter((p) => p.includes(base)).join("; ");

const one = await tab(browser, base);
await check("the page offers both ways, the keyboard goes the first one, and it ends where it was asked for", async () => {
  await one.page.goto("/contacts?queue=support");
  await shows(one.test("provider"), "Sign in with Acme", 10_000);
  want(await one.page.locator("[name=secret]").isVisible(), "no password is asked for");
  await looks(one, "light-en");
  want(await one.test("provider").evaluate((b) => b === document.activeElement), "the focus is not on the button");
  await one.page.keyboard.press("Enter");
  await atProvider(one.page, "kim");
  await shows(one.test("me"), "Kim Fox", 10_000);
  want(one.page.url() === `${base}/contacts?queue=support`, `it ends at ${one.page.url()}`);
  const cookies = Object.fromEntries((await one.context.cookies(base)).map((c) => [c.name, c]));
  const session = cookies.firstline_session;
  want(session?.httpOnly && session.sameSite === "Strict", `session ${JSON.stringify(session)}`);
  want(!("firstline_sign_in" in cookies), "what the sign-in needed is still there");
  await one.page.reload();
  await shows(one.test("me"), "Kim Fox", 10_000);
});

await check("signing out signs out there too", async () => {
  await one.test("sign-out").click();
  await one.page.locator("button[value=yes], button[name=logout]").first().click();
  await shows(one.test("provider"), "Sign in with Acme", 10_000);
  want(one.page.url() === `${base}/`, `it ends at ${one.page.url()}`);
  await one.test("provider").click();
  await one.page.locator("[name=login]").waitFor();
});

await check("who has no group is told so, in his language", async () => {
  const nora = await tab(browser, base, { locale: "ru-RU", colorScheme: "dark", viewport: { width: 390, height: 800 } });
  await nora.page.goto("/");
  await nora.test("provider").click();
  await atProvider(nora.page, "nobody");
  await shows(nora.test("error"), /нет доступа/, 10_000);
  await shows(nora.test("provider"), "Войти через Acme", 10_000);
  want((await nora.test("error").getAttribute("role")) === "alert", "it is no alert");
  want(nora.page.url() === `${base}/`, `it ends at ${nora.page.url()}`);
  await looks(nora, "dark-ru-refused");
  await nora.page.reload();
  await nora.test("provider").waitFor();
  want((await nora.test("error").count()) === 0, "it is told again");
  want(complaints(nora) === "", complaints(nora));
});

await check("an admin sees who comes from there, disables and enables him, and releases his name", async () => {
  const adam = await tab(browser, base);
  const kim = adam.page.locator("[data-test=users] [data-user=kim]");
  const press = async (name) => { await adam.test(name).click(); await adam.test(`${name}-yes`).click(); };
  await signIn(adam.page, "adam", "4711", "/users");
  await shows(kim, /Supervisor.*Support.*Whole.*Identity provider.*Can sign in/i, 10_000);
  await kim.locator("a").click();
  await shows(adam.test("fixed"), /^He signs in at the identity provider: his rights follow/, 5_000);
  await shows(adam.test("provided"), /Kim Fox.*leads/, 5_000);
  await shows(adam.test("rights"), /Supervisor.*Support.*Whole/i, 5_000);
  want((await adam.page.locator("main input").count()) + (await adam.test("password-new").count()) === 0, "there is more to change");
  await looks(adam, "light-en-user");
  await press("user-disable");
  await shows(adam.test("user-state"), "Disabled", 5_000);
  await adam.test("user-enable").click();
  await shows(adam.test("user-state"), "Can sign in", 5_000);
  await press("user-release");
  await shows(adam.test("released"), /^Nobody has this name now/, 5_000);
  await shows(adam.test("user-state"), "No access", 5_000);
  want(await adam.page.evaluate(() => document.activeElement?.id) === "main", "the focus is lost");
  want(await adam.test("user-disable").count() === 0, "nobody can be disabled");
  await adam.test("rights-save").click();
  await shows(adam.page.locator("[data-fault=role]"), "Choose a role.", 5_000);
  await looks(adam, "light-en-user-released");
  want(complaints(adam) === "", complaints(adam));
  await adam.context.close();
});

await check("a code that nobody knows is shown as one, and nothing else of an address is", async () => {
  await one.page.goto(`${base}/#sign-in=strange_thing`);
  await shows(one.test("error"), "You could not be signed in (strange_thing)", 10_000);
  await one.page.goto(`${base}/?a#sign-in=<b>call 4711`);
  await one.test("provider").waitFor();
  want((await one.test("error").count()) === 0, "it shows what a link says");
});

await check("a password still does", async () => {
  await one.page.goto("/contacts");
  await one.page.fill("[name=name]", "sue");
  await one.page.fill("[name=secret]", "4711");
  await one.page.click("form button");
  await shows(one.test("me"), "sue", 10_000);
  await one.test("sign-out").click();
  await one.test("provider").waitFor();
});

await check("a provider that is down is told so", async () => {
  await ask("stop the provider");
  await one.test("provider").click();
  await shows(one.test("error"), "The sign-in service does not answer. Try again in a moment.", 15_000);
  await looks(one, "light-en-down");
});

await check("without passwords there is the button alone", async () => {
  await ask("switch passwords off");
  await one.page.goto("/");
  await one.test("provider").waitFor();
  want((await one.page.locator("[name=secret]").count()) === 0, "a password is asked for");
  await looks(one, "light-en-only");
  want(complaints(one) === "", complaints(one));
});

await browser.close();
process.exit(failures() === 0 ? 0 : 1);
