// A page that is there, but not for who asks: whose it is, and as whom he is signed in.
import { t } from "../i18n";
import type { Me } from "../model";
import type { Page } from "../pages";

export function Refused({ me, page }: { me: Me; page: Page }) {
  return (
    <section class="card stack tight" data-test="refused">
      <h1>{t("refused.title")}</h1>
      <p class="flat">{t("refused.whose", { page: t(page.key), roles: page.roles.map((r) => t(`role.${r}`)).join(", ") })}</p>
      {page.undivided && <p class="flat">{t("refused.undivided")}</p>}
      <p class="flat">{t("refused.you", { name: me.label, role: t(`role.${me.role}`) })}</p>
      <p class="flat"><a href="/">{t("refused.home")}</a></p>
    </section>
  );
}
