// Logging in without a phone of one's own: where do you sit? A seat where somebody sits is offered behind the free ones.
import { useState } from "preact/hooks";
import { t } from "../i18n";
import type { Change } from "./useAct";
import { rememberSeat, seatBefore, useSeatNames, useSeats } from "./useSeats";

interface Props {
  act: (change: Change) => Promise<boolean>;
  from?: string; // the seat that he leaves
}

export function SeatPicker({ act, from }: Props) {
  const known = useSeats();
  const seats = known?.filter((s) => s.id !== from) ?? [];
  const [picked, setPicked] = useState(seatBefore());
  const free = seats.filter((s) => !s.agent);
  const chosen = seats.find((s) => s.id === picked)?.id ?? free[0]?.id ?? "";
  const login = async () => {
    if (await act({ action: "login", seat: chosen })) rememberSeat(chosen);
  };
  if (known && seats.length === 0) return <p class="quiet flat" data-test="seat-none">{t("seat.none")}</p>;
  return (
    <div class="row">
      <select aria-label={t("seat.where")} data-test="seat" value={chosen} onChange={(e) => setPicked(e.currentTarget.value)}>
        {[...free, ...seats.filter((s) => s.agent)].map((s) => (
          <option key={s.id} value={s.id}>{s.agent ? t("seat.taken", { seat: s.name, agent: s.label || s.agent }) : s.name}</option>
        ))}
      </select>
      <button class="main" data-test="login" disabled={chosen === ""} onClick={() => void login()}>{t(from ? "seat.move" : "control.login")}</button>
    </div>
  );
}

/** Where an agent sits, and, while he is idle, the way to another seat. */
export function Seated({ seat, idle, act }: { seat: string; idle: boolean; act: (change: Change) => Promise<boolean> }) {
  const seatName = useSeatNames();
  const [moving, setMoving] = useState("");
  return (
    <div class="row">
      <span class="quiet" data-test="sits">{t("seat.sits", { seat: seatName(seat) })}</span>
      {idle && moving !== seat && <button class="plain" data-test="change-seat" onClick={() => setMoving(seat)}>{t("seat.change")}</button>}
      {idle && moving === seat && <SeatPicker act={act} from={seat} />}
    </div>
  );
}
