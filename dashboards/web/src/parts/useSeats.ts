// The seats of agents without phones of their own, and which of them this browser logged in at last.
import { at } from "../api";
import type { Seat } from "../model";
import { useFetched } from "./useFetched";
import { nameIn } from "./useNames";
import { usePolled } from "./usePolled";

const key = "seat";

export const seatBefore = (): string => localStorage.getItem(key) ?? "";
export const rememberSeat = (id: string): void => localStorage.setItem(key, id);

/** Undefined until the first answer came. */
export function useSeats(): Seat[] | undefined {
  return usePolled(() => at("/seats"), 5_000).data?.seats;
}

export function useSeatNames(): (id: string) => string {
  const seats = useFetched(at("/seats"))?.seats ?? [];
  return (id) => nameIn(seats, id);
}
