// The pages against the running product, in a browser: node pages.mjs BASE CHROMIUM SCREENS [PART…]. cmd/firstline/pages_test.go starts
// it, makes the calls it asks for and reads its verdict. One line a check; the exit status is 1 when one failed. Without a PART these
// are all that build on each other's calls; people goes through the pages of admins, which need no calls and no role but the API.
import { calledBack, promised } from "./callbacks.mjs";
import { desk } from "./desk.mjs";
import { handOn } from "./handon.mjs";
import { listen } from "./listen.mjs";
import { lists } from "./lists.mjs";
import { people } from "./people.mjs";
import { record } from "./record.mjs";
import { looks } from "./looks.mjs";
import { seats } from "./seats.mjs";
import { stale } from "./stale.mjs";
import { wallboard } from "./wallboard.mjs";
import { why } from "./why.mjs";
import { failures, launch, tab } from "./world.mjs";

const [base, chromium, screens, ...named] = process.argv.slice(2);
const browser = await launch(chromium);
const boss = await tab(browser, base);
const anna = await tab(browser, base);
const shoot = (page, name) => page.screenshot({ path: `${screens}/${name}.png`, fullPage: true });

const world = { browser, base, boss, anna, shoot };
const calls = [wallboard, desk, lists, why, stale, promised, looks, calledBack, handOn, listen, record, seats];
const parts = named.length === 0 ? calls : [...calls, people].filter((part) => named.includes(part.name));
for (const part of parts) await part(world);
await browser.close();
console.log(failures() === 0 ? "all checks passed" : `${failures()} checks failed`);
process.exit(failures() === 0 ? 0 : 1);
