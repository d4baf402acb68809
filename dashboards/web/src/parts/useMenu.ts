// A menu of a row's button. It stands outside the rows of its table, which move while it is open.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { RefObject } from "preact";
import type { MutableRef } from "preact/hooks";

/** Opens the menu of a row beside a button. */
export type OpenMenu = (row: string, button: HTMLElement) => void;

export interface Menu {
  element: RefObject<HTMLDivElement>;
  row: string; // "" before it was ever opened
  close: () => void; // gives the focus back to the button
}

export function useMenu(open: MutableRef<OpenMenu>): Menu {
  const element = useRef<HTMLDivElement>(null);
  const [opened, setOpened] = useState<{ row: string; button: HTMLElement }>();
  open.current = (row, button) => setOpened({ row, button });
  useLayoutEffect(() => {
    const menu = element.current;
    if (!opened || !menu) return;
    const at = opened.button.getBoundingClientRect();
    menu.showPopover();
    const width = document.documentElement.clientWidth;
    menu.style.right = `${Math.min(width - at.right, width - menu.offsetWidth - 8)}px`; // whole, near the left edge too
    menu.style.top = `${Math.max(0, Math.min(at.bottom, innerHeight - menu.offsetHeight - 8))}px`; // whole, near the lower edge too
  }, [opened]);
  return { element, row: opened?.row ?? "", close: () => element.current?.hidePopover() };
}
