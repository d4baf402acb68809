// Sending a form: its own checks first, then the API's, each told beside its field until that is changed. The first field that is
// wrong gets the focus.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { RefObject } from "preact";
import { explain, Problem } from "../api";
import { textOf } from "../i18n";

/** What is wrong, by field; "" is what concerns none. */
export type Faults = Readonly<Record<string, string>>;

/** Beside which field of the form a code of the API, or a field of its body, is told; what is not in it is told of the whole form. */
export type Places = Readonly<Record<string, string>>;

export interface Form {
  element: RefObject<HTMLFormElement>;
  faults: Faults;
  busy: boolean;
  submit: (event: Event) => void;
  edited: (event: Event) => void; // for the form's onInput; its fields listen to that too, or they would be drawn as they were before onChange
}

export function useForm(places: Places, check: () => Faults, send: () => Promise<void>): Form {
  const [faults, setFaults] = useState<Faults>({});
  const [busy, setBusy] = useState(false);
  const [tries, setTries] = useState(0);
  const element = useRef<HTMLFormElement>(null);
  useLayoutEffect(() => element.current?.querySelector<HTMLElement>("[aria-invalid=true], [data-wrong] input")?.focus(), [tries]);
  const tell = (found: Faults) => {
    setFaults(found);
    setTries((n) => n + 1);
  };
  const submit = async () => {
    const own = check();
    tell(own);
    if (Object.keys(own).length > 0) return;
    setBusy(true);
    try {
      await send();
    } catch (e) {
      tell(faultsOf(e, places));
    }
    setBusy(false);
  };
  const edited = (event: Event) => {
    const { name } = event.target as HTMLInputElement;
    const field = places[name] ?? name;
    setFaults((all) => Object.fromEntries(Object.entries(all).filter(([f]) => f !== field)));
  };
  return { element, faults, busy, edited, submit: (event) => { event.preventDefault(); if (!busy) void submit(); } };
}

/** What the API says of a field is told in the reader's language where there are words for it. */
function faultsOf(e: unknown, places: Places): Faults {
  if (!(e instanceof Problem)) return { "": explain(e) };
  const place = places[e.code];
  if (place !== undefined) return { [place]: textOf("fault.", e.code) ?? explain(e) };
  const faults: Record<string, string> = {};
  for (const { location, message } of e.errors) {
    const field = /^body\.(\w+)/.exec(location)?.[1] ?? "";
    faults[places[field] ?? ""] = textOf("fault.", field) ?? `${location} ${message}`;
  }
  return e.errors.length > 0 ? faults : { "": explain(e) };
}
