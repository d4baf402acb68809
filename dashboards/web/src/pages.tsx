// Which pages there are, and who may see them.
import type { JSX } from "preact";
import type { Key } from "./i18n";
import type { Me } from "./model";
import { Callbacks } from "./pages/Callbacks";
import { Contact } from "./pages/Contact";
import { Contacts } from "./pages/Contacts";
import { Desk } from "./pages/Desk";
import { Messages } from "./pages/Messages";
import { Quality } from "./pages/Quality";
import { Wallboard } from "./pages/Wallboard";

export interface Page {
  path: string;
  key: Key;
  roles: readonly Me["role"][];
  show: (me: Me, rest: string) => JSX.Element; // rest of the address behind path/
}

const overseers = ["supervisor", "admin", "integrator"] as const;
const listeners = ["supervisor", "admin"] as const; // hear what was recorded, and see whom to call

export const pages: readonly Page[] = [
  { path: "/desk", key: "nav.desk", roles: ["agent"], show: (me) => <Desk agent={me.agent ?? me.name} /> },
  { path: "/wallboard", key: "nav.wallboard", roles: overseers, show: (me) => <Wallboard operator={me.role !== "integrator"} phone={me.phone} /> },
  {
    path: "/contacts", key: "nav.contacts", roles: [...overseers, "agent"],
    show: (me, rest) => (rest === "" ? <Contacts me={me} /> : <Contact id={rest} hears={listeners.some((r) => r === me.role)} />),
  },
  { path: "/messages", key: "nav.messages", roles: listeners, show: (me) => <Messages me={me.name} /> },
  { path: "/callbacks", key: "nav.callbacks", roles: listeners, show: () => <Callbacks /> },
  { path: "/data-quality", key: "nav.quality", roles: listeners, show: () => <Quality /> },
];

/** The page of an address, with the rest of the address; the role's first page where there is none for it. */
export function pageOf(me: Me, address: string): { page: Page; rest: string } | undefined {
  const mine = pages.filter((p) => p.roles.includes(me.role));
  const page = mine.find((p) => address === p.path || address.startsWith(p.path + "/"));
  if (page) return { page, rest: decodeURIComponent(address.slice(page.path.length + 1)) };
  return mine[0] && { page: mine[0], rest: "" };
}
