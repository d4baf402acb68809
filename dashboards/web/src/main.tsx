// Entry: who is signed in, which page, render.
import { render } from "preact";
import { api, at, explain, Problem } from "./api";
import { t } from "./i18n";
import type { Me } from "./model";
import { pageOf } from "./pages";
import { SignIn } from "./pages/SignIn";
import { Shell } from "./parts/Shell";
import { comeBack, maybeSignedIn } from "./session";
import { apply } from "./theme";
import "./style.css";

const again = 2_000;

async function start(root: HTMLElement, refused: string): Promise<void> {
  try {
    if (maybeSignedIn()) {
      show(await api.get(at("/session")), root);
      return;
    }
  } catch (e) {
    if (!(e instanceof Problem) || e.status !== 401) {
      render(<div class="banner bad" role="alert">{explain(e)}</div>, root);
      setTimeout(() => void start(root, refused), again);
      return;
    }
  }
  document.title = `${t("signin.title")} · ${t("app")}`;
  render(<SignIn refused={refused} />, root);
}

function show(me: Me, root: HTMLElement): void {
  const found = pageOf(me, location.pathname);
  if (!found) return;
  const { page, rest } = found;
  if (location.pathname !== page.path && rest === "") history.replaceState(null, "", page.path);
  document.title = `${rest || t(page.key)} · ${t("app")}`;
  render(<Shell me={me} page={page}>{page.show(me, rest)}</Shell>, root);
}

apply();
const root = document.getElementById("app");
if (root) void start(root, comeBack());
