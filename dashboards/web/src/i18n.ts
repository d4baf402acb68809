// Texts in the reader's language, from messages/*.json. English is complete by type; a missing Russian text does not compile.
import en from "./messages/en.json";
import ru from "./messages/ru.json";

export type Key = keyof typeof en;
export type Language = "en" | "ru";

const texts: Record<Language, Record<Key, string>> = { en, ru };
const stored = localStorage.getItem("language");

export const language: Language =
  stored === "en" || stored === "ru" ? stored : navigator.language.startsWith("ru") ? "ru" : "en";

document.documentElement.lang = language;

/** Chooses a language; the page is loaded again so that every text, number and date follows. */
export function setLanguage(to: Language): void {
  localStorage.setItem("language", to);
  location.reload();
}

/** The text of a key with {names} filled in. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return texts[language][key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** The text of a key made at run time ("state." + state); the raw word when the server knows more than we do. */
export function word(prefix: string, value: string): string {
  const text = (texts[language] as Record<string, string>)[prefix + value];
  return text ?? value.replaceAll("_", " ");
}
