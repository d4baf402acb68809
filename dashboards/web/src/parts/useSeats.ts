// The seats of agents without phones of their own, and which of them this browser logged in at last.
import type { Seat } from "../model";
import { usePolled } from "./usePolled";

const key = "seat";

export const seatBefore = (): string => localStorage.getItem(key) ?? "";
export const rememberSeat = (id: string): void => localStorage.setItem(key, id);

/** Undefined until the first answer came. */
export function useSeats(): Seat[] | undefined {
  return usePolled<{ seats: Seat[] }>(() => "/seats", 5_000).data?.seats;
}

/** "Window (201)", or only one of them where both are the same. */
export const seatName = (s: Seat): string => (s.name === s.id ? s.id : `${s.name} (${s.id})`);
