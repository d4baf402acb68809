// Requests to the API. Errors are RFC 9457 problems; their code is a key of messages/*.json.
import { t, textOf } from "./i18n";
import { sessionEnded } from "./session";

const deadline = 10_000;

/** One mistake in a request: where, and what. */
export interface Mistake {
  location: string; // body.name
  message: string;
}

export class Problem extends Error {
  constructor(readonly status: number, readonly code: string, detail: string, readonly errors: readonly Mistake[] = []) {
    super(detail);
  }
}

/**
 * Sends a request with a deadline and returns the JSON of the answer. A request that carries an idempotency key is sent once
 * more when its answer is lost. A session that ended leads back to signing in.
 */
export async function request<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
  const send = () =>
    fetch("/api/v1" + path, {
      method,
      headers: body === undefined ? headers : { "Content-Type": "application/json", ...headers },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(deadline),
    }).catch(() => undefined);
  const answer = (await send()) ?? ("Idempotency-Key" in headers ? await send() : undefined);
  if (!answer) throw new Problem(0, "network", "");
  const data = parse(await answer.text().catch(() => ""));
  if (answer.ok) return data as T;
  const p = (data ?? {}) as { code?: string; detail?: string; title?: string; errors?: Mistake[] };
  if (answer.status === 401 && path !== "/session" && p.code !== "wrong_credentials") sessionEnded();
  throw new Problem(answer.status, p.code ?? "", p.detail ?? p.title ?? String(answer.status), p.errors);
}

/** A proxy's error page is no JSON; the status alone tells then. */
function parse(text: string): unknown {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const get = <T>(path: string) => request<T>("GET", path);

/** An idempotency key: a repeat after a lost answer has no second effect. */
export function once(): Record<string, string> {
  const random = crypto.getRandomValues(new Uint8Array(16)); // randomUUID is missing where the page came over plain HTTP
  return { "Idempotency-Key": [...random].map((b) => b.toString(16).padStart(2, "0")).join("") };
}

/** What went wrong, in the reader's language; the server's own words where there are none. */
export function explain(e: unknown): string {
  const p = e instanceof Problem ? e : new Problem(0, "internal", String(e));
  return textOf("problem.", p.code) ?? t("error", { detail: p.message });
}

/** Looks whether the session still holds: a stream tells of its refusal, not of the reason. */
export async function checkSession(): Promise<void> {
  await get("/session").catch((e: unknown) => {
    if (e instanceof Problem && e.status === 401) sessionEnded();
  });
}
