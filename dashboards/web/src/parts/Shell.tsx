// The frame of every page: brand, navigation by role, colours, language, signing out.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { request } from "../api";
import { language, setLanguage, t } from "../i18n";
import type { Key, Language } from "../i18n";
import type { Me } from "../model";
import { setTheme, theme, themes } from "../theme";
import type { Theme } from "../theme";

const pages: { path: string; key: Key; roles: Me["role"][] }[] = [
  { path: "/desk", key: "nav.desk", roles: ["agent"] },
  { path: "/wallboard", key: "nav.wallboard", roles: ["supervisor", "admin", "integrator"] },
  { path: "/contacts", key: "nav.contacts", roles: ["supervisor", "admin", "integrator"] },
];

/** The page a person sees first. */
export const home = (me: Me) => (me.role === "agent" ? "/desk" : "/wallboard");

export function Shell({ me, path, children }: { me: Me; path: string; children: ComponentChildren }) {
  const signOut = async () => {
    await request("DELETE", "/session").catch(() => undefined);
    location.assign("/");
  };
  return (
    <>
      <header class="top">
        <a class="brand" href={home(me)}><img src="/icon.svg" width="26" height="26" alt="" />{t("app")}</a>
        <nav>
          {pages.filter((p) => p.roles.includes(me.role)).map((p) => (
            <a key={p.path} href={p.path} aria-current={path.startsWith(p.path) ? "page" : undefined}>{t(p.key)}</a>
          ))}
        </nav>
        <Choices />
        <span class="quiet" data-test="me">{me.label}</span>
        <button class="plain" onClick={() => void signOut()}>{t("signout")}</button>
      </header>
      <main>{children}</main>
    </>
  );
}

/** Colours and language. */
export function Choices() {
  const [colours, set] = useState<Theme>(theme());
  return (
    <span class="row">
      <select aria-label={t("theme")} value={colours} onChange={(e) => { const to = e.currentTarget.value as Theme; setTheme(to); set(to); }}>
        {themes.map((x) => <option key={x} value={x}>{t(`theme.${x}`)}</option>)}
      </select>
      <select aria-label={t("language")} value={language} onChange={(e) => setLanguage(e.currentTarget.value as Language)}>
        <option value="en">English</option>
        <option value="ru">Русский</option>
      </select>
    </span>
  );
}
