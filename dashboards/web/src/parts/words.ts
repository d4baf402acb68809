// Small pieces of text that several pages show.
import { locale } from "../i18n";

const languages = new Intl.DisplayNames(locale, { type: "language" });

/** "ru" → "Russian", in the reader's language; what is no language code stays as it is. */
export function languageName(code: string): string {
  try {
    return languages.of(code) ?? code;
  } catch {
    return code;
  }
}

/** A number outside as facts have it, its last digits behind a star, in the way this page hides the rest of a number. */
export const hidden = (number: string): string => number.replace(/^\*/, "••••");
