// A group of choices that belong together: heading, and what is wrong with them.
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

export function Group({ name, label, fault, children }: { name: string; label: string; fault?: string | undefined; children: ComponentChildren }) {
  const id = useId();
  return (
    <fieldset data-wrong={fault && name} aria-describedby={fault === undefined ? undefined : id}>
      <legend>{label}</legend>
      {children}
      {fault !== undefined && <p id={id} class="flat small wrong" data-fault={name}>{fault}</p>}
    </fieldset>
  );
}
