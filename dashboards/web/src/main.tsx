// Entry: who is signed in, which page, render.
import { render } from "preact";
import { get, Problem } from "./api";
import type { Me } from "./model";
import { Contact } from "./pages/Contact";
import { Contacts } from "./pages/Contacts";
import { Desk } from "./pages/Desk";
import { SignIn } from "./pages/SignIn";
import { Wallboard } from "./pages/Wallboard";
import { home, Shell } from "./parts/Shell";
import { apply } from "./theme";
import "uplot/dist/uPlot.min.css";
import "./style.css";

function Page({ me, path }: { me: Me; path: string }) {
  if (path === "/desk") return <Desk me={me} />;
  if (path === "/contacts") return <Contacts />;
  if (path.startsWith("/contacts/")) return <Contact id={decodeURIComponent(path.slice("/contacts/".length))} />;
  return <Wallboard />;
}

async function start(): Promise<void> {
  apply();
  const root = document.getElementById("app");
  if (!root) return;
  try {
    const me = await get<Me>("/session");
    const path = location.pathname === "/" ? home(me) : location.pathname;
    if (path !== location.pathname) history.replaceState(null, "", path);
    render(<Shell me={me} path={path}><Page me={me} path={path} /></Shell>, root);
  } catch (e) {
    if (e instanceof Problem && e.status !== 401) console.error(e);
    render(<SignIn />, root);
  }
}

void start();
