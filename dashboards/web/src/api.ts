// Requests to the API. Errors are RFC 9457 problems; their detail is fit to be shown.

export class Problem extends Error {
  constructor(readonly status: number, readonly code: string, detail: string) {
    super(detail);
  }
}

/** Sends a request with a deadline of ten seconds and returns the JSON of the answer. */
export async function request<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch("/api/v1" + path, {
      method,
      headers: body === undefined ? headers : { "Content-Type": "application/json", ...headers },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
  } catch {
    throw new Problem(0, "network", "");
  }
  const text = await answer.text();
  const data: unknown = text === "" ? undefined : JSON.parse(text);
  if (!answer.ok) {
    const p = (data ?? {}) as { code?: string; detail?: string; title?: string };
    throw new Problem(answer.status, p.code ?? "", p.detail ?? p.title ?? String(answer.status));
  }
  return data as T;
}

export const get = <T>(path: string) => request<T>("GET", path);

/** An idempotency key: a repeat after a lost answer has no second effect. */
export const once = (): Record<string, string> => ({ "Idempotency-Key": crypto.randomUUID() });
