// Which pages there are, and who may see them.
import type { JSX } from "preact";
import type { Key } from "./i18n";
import type { Me } from "./model";
import { reportOf } from "./parts/numbers";
import { Account } from "./pages/Account";
import { Audit } from "./pages/Audit";
import { Callbacks } from "./pages/Callbacks";
import { Contact } from "./pages/Contact";
import { Contacts } from "./pages/Contacts";
import { Desk } from "./pages/Desk";
import { Keys } from "./pages/Keys";
import { Messages } from "./pages/Messages";
import { Quality } from "./pages/Quality";
import { Refused } from "./pages/Refused";
import { Reports } from "./pages/Reports";
import { User } from "./pages/User";
import { Users } from "./pages/Users";
import { Wallboard } from "./pages/Wallboard";
import { Why } from "./pages/Why";

export interface Page {
  path: string;
  key: Key;
  roles: readonly Me["role"][];
  undivided?: true; // what it tells of can't be parted by queue: not for who is limited to some
  apart?: true; // not in the navigation: other things lead there
  show: (me: Me, rest: string) => JSX.Element; // rest of the address behind path/
}

const overseers = ["supervisor", "admin", "integrator"] as const;
const listeners = ["supervisor", "admin"] as const; // hear what was recorded, and see whom to call

/** Whether he has some queues or teams only. */
const isLimited = (me: Me): boolean => me.queues !== undefined || me.teams !== undefined;

/** Whether a page is shown to him: what refuses him is not offered either. */
export const mayOpen = (me: Me, page: Page): boolean => page.roles.includes(me.role) && !(page.undivided && isLimited(me));

/** One's own page: the name in the head leads to it. */
export const account: Page = { path: "/account", key: "account.title", apart: true, roles: [...overseers, "agent"], show: (me) => <Account me={me} /> };

export const pages: readonly Page[] = [
  { path: "/desk", key: "nav.desk", roles: ["agent"], show: (me) => <Desk agent={me.agent ?? me.name} /> },
  { path: "/wallboard", key: "nav.wallboard", roles: overseers, show: (me) => <Wallboard operator={me.role !== "integrator"} limited={isLimited(me)} phone={me.phone} /> },
  {
    path: "/contacts", key: "nav.contacts", roles: [...overseers, "agent"],
    show: (me, rest) => (rest === "" ? <Contacts me={me} /> : <Contact id={rest} hears={listeners.some((r) => r === me.role)} />),
  },
  { path: "/reports", key: "nav.reports", roles: overseers, show: (_, rest) => <Reports report={reportOf(rest) ?? "queues"} /> },
  { path: "/why", key: "why.title", apart: true, roles: [...overseers, "agent"], show: (me, rest) => <Why report={reportOf(rest) ?? "queues"} overseer={me.role !== "agent"} /> },
  { path: "/messages", key: "nav.messages", roles: listeners, show: (me) => <Messages me={me.name} /> },
  { path: "/callbacks", key: "nav.callbacks", roles: listeners, show: () => <Callbacks /> },
  { path: "/data-quality", key: "nav.quality", roles: listeners, undivided: true, show: () => <Quality /> },
  { path: "/users", key: "nav.users", roles: ["admin"], show: (me, rest) => (rest === "" ? <Users me={me.name} /> : <User name={rest} me={me.name} />) },
  { path: "/keys", key: "nav.keys", roles: ["admin"], show: () => <Keys /> },
  { path: "/audit", key: "nav.audit", roles: ["admin"], show: () => <Audit /> },
  account,
];

/** The page of an address, with the rest of the address; the role's first page where there is none. Whose page it is not is told so. */
export function pageOf(me: Me, address: string): { page: Page; rest: string } | undefined {
  const page = pages.find((p) => address === p.path || address.startsWith(p.path + "/"));
  if (page && mayOpen(me, page)) return { page, rest: decodeURIComponent(address.slice(page.path.length + 1)) };
  if (page) return { page: { ...page, show: () => <Refused me={me} page={page} /> }, rest: "" };
  const first = pages.find((p) => p.roles.includes(me.role));
  return first && { page: first, rest: "" };
}
