// The pages' client of the API, and how they tell what went wrong: a problem's code is a key of messages/*.json.
import { at, Client, Problem } from "../../client/client";
import type { Address } from "../../client/client";
import { t, textOf } from "./i18n";
import { sessionEnded } from "./session";

export { at, Problem };
export type { Address };

/** A session that ended leads back to signing in; who mistypes his old password stays. */
export const api = new Client({
  deadlineMS: 10_000,
  failed: (problem, path) => { if (problem.status === 401 && path !== "/session" && problem.code !== "wrong_credentials") sessionEnded(); },
});

/** What went wrong, in the reader's language; the server's own words where there are none. */
export function explain(e: unknown): string {
  const [code, detail] = e instanceof Problem ? [e.code, e.message] : ["internal", String(e)];
  return textOf("problem.", code) ?? t("error", { detail });
}

/** Looks whether the session still holds: a stream tells of its refusal, not of the reason. */
export async function checkSession(): Promise<void> {
  await api.get(at("/session")).catch((e: unknown) => {
    if (e instanceof Problem && e.status === 401) sessionEnded();
  });
}
