// The frame of every page: brand, navigation by role, colours, language, signing out.
import type { ComponentChildren } from "preact";
import { api } from "../api";
import { t } from "../i18n";
import type { Me } from "../model";
import { account, mayOpen, pages } from "../pages";
import type { Page } from "../pages";
import { sessionEndsAt, signedOut } from "../session";
import { Choices } from "./Choices";

const signOut = () =>
  void api.send("delete", "/session").catch(() => undefined).then((out) => (out?.provider ? sessionEndsAt(out.provider) : signedOut()));

export function Shell({ me, page, children }: { me: Me; page: Page; children: ComponentChildren }) {
  return (
    <>
      <a class="skip" href="#main">{t("skip")}</a>
      <header class="top">
        <a class="brand" href="/"><img src="/icon.svg" width="26" height="26" alt="" />{t("app")}</a>
        <nav aria-label={t("nav")}>
          {pages.filter((p) => !p.apart && mayOpen(me, p)).map((p) => (
            <a key={p.path} href={p.path} aria-current={p === page ? "page" : undefined}>{t(p.key)}</a>
          ))}
        </nav>
        <Choices />
        <a class="me" href={account.path} aria-label={t("account.of", { name: me.label })} aria-current={page === account ? "page" : undefined} data-test="me">{me.label}</a>
        <button class="plain" data-test="sign-out" onClick={signOut}>{t("signout")}</button>
      </header>
      <main id="main" tabIndex={-1}>{children}</main>
    </>
  );
}
