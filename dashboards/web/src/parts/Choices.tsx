// Colours and language: of this browser, not of the account.
import { useState } from "preact/hooks";
import { language, setLanguage, t } from "../i18n";
import type { Language } from "../i18n";
import { setTheme, theme, themes } from "../theme";
import type { Theme } from "../theme";

export function Choices() {
  const [colours, set] = useState<Theme>(theme());
  const choose = (to: Theme) => {
    setTheme(to);
    set(to);
  };
  return (
    <span class="row">
      <select aria-label={t("theme")} value={colours} onChange={(e) => choose(e.currentTarget.value as Theme)}>
        {themes.map((x) => <option key={x} value={x}>{t(`theme.${x}`)}</option>)}
      </select>
      <select aria-label={t("language")} value={language} onChange={(e) => setLanguage(e.currentTarget.value as Language)}>
        <option value="en" lang="en">English</option>
        <option value="ru" lang="ru">Русский</option>
      </select>
    </span>
  );
}
