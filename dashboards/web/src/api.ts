// The pages' client of the API, and how they tell what went wrong: a problem's code is a key of messages/*.json.
import { at, Client, Problem } from "../../client/client";
import type { Address } from "../../client/client";
import { t, textOf } from "./i18n";
import { sessionEnded } from "./session";

export { at, Problem };
export type { Address };

/** A session that ended leads back to signing in; who mistypes his old password stays. */
const failed = (problem: Problem, path: string) => { if (problem.status === 401 && path !== "/session" && problem.code !== "wrong_credentials") sessionEnded(); };

export const api = new Client({ deadlineMS: 10_000, failed });

/** For reports and searches: how long they may take is the server's to say. */
export const patient = new Client({ deadlineMS: 600_000, failed });

/** What went wrong, in the reader's language; the server's own words where there are none, and which parts of a request are wrong. */
export function explain(e: unknown): string {
  if (e instanceof Problem && e.code === "invalid" && e.errors.length > 0) {
    return t("invalid", { detail: e.errors.map(({ location, message }) => `${location.replace(/^query\./, "")} ${message}`).join("; ") });
  }
  const [code, detail] = e instanceof Problem ? [e.code, e.message] : ["internal", String(e)];
  return textOf("problem.", code) ?? t("error", { detail });
}

/** Looks whether the session still holds: a stream tells of its refusal, not of the reason. */
export async function checkSession(): Promise<void> {
  await api.get(at("/session")).catch((e: unknown) => {
    if (e instanceof Problem && e.status === 401) sessionEnded();
  });
}
