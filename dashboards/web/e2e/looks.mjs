// Every page in light and dark, English and Russian, on wide and narrow screens.
import { focus, nameless, overflow, poorContrast } from "./accessible.mjs";
import { check, shows, signIn, tab, want } from "./world.mjs";

const people = [
  { name: "boss", secret: "correct horse", pages: ["/wallboard", "/contacts", "/contacts/ID", "/reports/queues", "WHY", "/messages", "/callbacks", "/data-quality"] },
  { name: "anna", secret: "4711", pages: ["/desk", "/contacts"] },
];
export const variants = [
  { colours: "light", locale: "en-GB", width: 1440 },
  { colours: "dark", locale: "ru-RU", width: 1440 },
  { colours: "light", locale: "ru-RU", width: 390 },
  { colours: "dark", locale: "en-US", width: 390 },
];

/** What is there once a page shows its figures. */
const loaded = "[data-test=own-calls] a:text-is('1'), [data-test=chart] svg, [data-contact], [data-test=timeline] li, [data-test=messages][aria-busy=false], [data-test=callbacks][aria-busy=false] ~ [data-test=callbacks-ended][aria-busy=false], [data-test=quality-loads] td, [data-row=total] a.why, [data-item]";

export async function looks({ browser, base, boss, shoot }) {
  await boss.page.goto("/contacts");
  const id = await boss.page.locator("[data-contact]").last().getAttribute("data-contact");
  await boss.page.goto("/reports/queues");
  const why = await boss.page.locator('[data-row=total] [data-why="service_level.offered.percent"]').getAttribute("href");
  for (const v of variants) {
    const options = { locale: v.locale, colorScheme: v.colours, viewport: { width: v.width, height: 900 } };
    for (const person of people) await variant(browser, base, options, `${v.colours}-${v.locale.slice(0, 2)}-${v.width}`, person, { ID: id, WHY: why }, shoot);
  }
  await themes(boss);
  await keyboard(boss);
  await signOut(boss);
}

async function variant(browser, base, options, name, person, known, shoot) {
  const one = await tab(browser, base, options);
  await check(`${name}, ${person.name}: contrast, names, width, language`, async () => {
    await signIn(one.page, person.name, person.secret);
    for (const path of person.pages) {
      await one.page.goto(path.replace(/ID|WHY/, (name) => known[name]));
      await one.page.locator(loaded).first().waitFor();
      await shoot(one.page, `${name}-${person.name}${path.replace("ID", "one").replace("WHY", "/why").replaceAll("/", "-")}`);
      await sound(one.page, path, options.locale);
      if (path === "/wallboard") await axis(one.page, options.locale);
    }
    want(one.problems.length === 0, one.problems.join("; "));
  });
  await one.context.close();
}

/** What is on the page can be read, has names, fits, and is in the reader's language. */
export async function sound(page, what, locale) {
  const poor = await poorContrast(page);
  want(poor.length === 0, `${what}: contrast ${poor.join(", ")}`);
  const without = await nameless(page);
  want(without.length === 0, `${what}: no name ${without.join(", ")}`);
  want((await overflow(page)) <= 0, `${what}: ${await overflow(page)} px too wide`);
  want((await page.getAttribute("html", "lang")) === locale.slice(0, 2), `${what}: wrong language`);
}

/** The axis in the reader's own clock: 24 hours but for Americans; every bar inside the chart. */
async function axis(page, locale) {
  const labels = (await page.locator("[data-test=chart] text[text-anchor=middle]").allTextContents());
  const wanted = locale === "en-US" ? /^\d?\d:\d\d.[AP]M$/ : /^\d\d:\d\d$/;
  want(labels.length > 0 && labels.every((l) => wanted.test(l)), `axis ${labels.join(", ")}`);
  const out = await page.evaluate(() => {
    const chart = document.querySelector("[data-test=chart] svg").getBoundingClientRect();
    return [...document.querySelectorAll("[data-test=chart] rect:not(.hover)")].map((r) => r.getBoundingClientRect())
      .filter((r) => r.left < chart.left || r.right > chart.right).length;
  });
  want(out === 0, `${out} bars are cut off`);
}

async function themes({ page }) {
  await check("the chart follows the choice of colours at once, the page the choice of language", async () => {
    await page.goto("/wallboard");
    const bar = page.locator("[data-test=chart] rect.offered").last();
    const colour = () => bar.evaluate((e) => getComputedStyle(e).fill);
    await bar.waitFor({ state: "attached" });
    const choose = page.locator("header select");
    await choose.nth(0).selectOption("light");
    const light = await colour();
    await choose.nth(0).selectOption("dark");
    want((await colour()) !== light, "the bars kept their colour");
    await choose.nth(1).selectOption("ru");
    await shows(page.locator("h1"), "Табло", 15_000);
    await page.locator("header select").nth(1).selectOption("en");
    await shows(page.locator("h1"), "Wallboard", 15_000);
  });
}

async function keyboard({ page }) {
  await check("the keyboard reaches content and navigation, the focus is seen", async () => {
    await page.goto("/contacts");
    await page.locator("[data-contact]").first().waitFor();
    for (const expected of ["Skip to the content", "Firstline", "Wallboard", "Contacts", "Reports", "Messages", "Callbacks", "Data quality", "Colours"]) {
      await page.keyboard.press("Tab");
      const { text, seen } = await focus(page);
      want(text === expected, `focus is on "${text}", want "${expected}"`);
      want(seen, `the focus on "${text}" is not seen`);
    }
  });
}

async function signOut(boss) {
  await check("who signed out is asked to sign in again", async () => {
    await boss.test("sign-out").click();
    await boss.page.waitForSelector("[name=name]");
    await boss.page.goto("/wallboard");
    await boss.page.waitForSelector("[name=name]");
    want(boss.problems.length === 0, boss.problems.join("; "));
  });
}
