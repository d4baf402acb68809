// Texts in the reader's language, from messages/*.json. English is complete by type; a missing Russian text does not compile.
import en from "./messages/en.json";
import ru from "./messages/ru.json";

export type Key = keyof typeof en;
export type Language = "en" | "ru";

const texts: Record<Language, Record<Key, string>> = { en, ru };
const stored = localStorage.getItem("language");

export const language: Language =
  stored === "en" || stored === "ru" ? stored : navigator.language.startsWith("ru") ? "ru" : "en";

/** The reader's own kind of that language where he has one: en-GB writes 21:05, en-US 9:05 PM. */
export const locale: string = navigator.languages.find((l) => l.startsWith(language)) ?? language;

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

/** The names a text has places for. */
export function places(key: Key): string[] {
  return [...texts[language][key].matchAll(/\{(\w+)\}/g)].map((m) => m[1] ?? "");
}

/** The text of a key made at run time, when there is one. */
export function textOf(prefix: string, value: string): string | undefined {
  return (texts[language] as Record<string, string>)[prefix + value];
}

/** All texts of a prefix, with what follows it in their keys. */
export function keysOf(prefix: string): [rest: string, text: string][] {
  return Object.entries(texts[language]).filter(([key]) => key.startsWith(prefix)).map(([key, text]) => [key.slice(prefix.length), text]);
}

/** The same, else the raw word: the server, or the site's own configuration, knows more words than the pages do. */
export function word(prefix: string, value: string): string {
  return textOf(prefix, value) ?? value.replaceAll("_", " ");
}
