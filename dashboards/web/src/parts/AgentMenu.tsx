// The one menu of the agent table: it stands outside the rows, which move while it is open. A supervisor with a phone also listens
// to a talk by it.
import type { MutableRef } from "preact/hooks";
import { at } from "../api";
import { t, word } from "../i18n";
import type { AgentNow, MonitorMode } from "../model";
import type { Act, Change, Listen, Listening } from "./useAct";
import { useFetched } from "./useFetched";
import { useMenu } from "./useMenu";
import { useSeats } from "./useSeats";
import type { OpenMenu } from "./useMenu";

const modes: MonitorMode[] = ["listen", "whisper", "barge"];

interface Props {
  agents: AgentNow[];
  act: Act;
  listen: Listen;
  phone: string | undefined; // of who looks
  open: MutableRef<OpenMenu>;
}

export function AgentMenu({ agents, act, listen, phone, open }: Props) {
  const menu = useMenu(open);
  const reasons = useFetched(at("/settings"))?.pause_reasons ?? [];
  const agent = agents.find((a) => a.id === menu.row);
  const choose = (change: Change) => {
    menu.close();
    void act(menu.row, change);
  };
  const hear = (contact: string, what: Listening) => {
    menu.close();
    void listen(contact, what);
  };
  return (
    <div class="menu" popover="auto" ref={menu.element} data-test="menu">
      {agent && <strong>{agent.name || agent.id}</strong>}
      {agent?.state === "logged_out"
        ? agent.endpoint === ""
          ? <Seats choose={choose} />
          : <button autofocus data-test="menu-login" onClick={() => choose({ action: "login" })}>{t("control.login")}</button>
        : (
          <>
            <button autofocus data-test="menu-ready" onClick={() => choose({ action: "ready" })}>{t("control.ready")}</button>
            {reasons.map((r) => (
              <button key={r} data-test={`menu-pause-${r}`} onClick={() => choose({ action: "pause", reason: r })}>{t("control.pause")} · {word("reason.", r)}</button>
            ))}
            <button data-test="menu-logout" onClick={() => choose({ action: "logout" })}>{t("control.logout")}</button>
            {phone && agent?.contact && agent.state === "talking" && agent.id !== phone && <Hear agent={agent} contact={agent.contact} phone={phone} hear={hear} />}
          </>
        )}
    </div>
  );
}

/** Where an agent can be logged in who has no phone of his own. */
function Seats({ choose }: { choose: (change: Change) => void }) {
  const free = useSeats()?.filter((s) => !s.agent);
  if (!free) return null;
  return free.length === 0 ? <p class="quiet">{t("seat.none")}</p> : (
    <>
      {free.map((s, i) => (
        <button key={s.id} autofocus={i === 0} data-test={`menu-login-${s.id}`} onClick={() => choose({ action: "login", seat: s.id })}>
          {t("control.login")} · {s.name}
        </button>
      ))}
    </>
  );
}

/** What a supervisor can do with the talk of an agent. */
function Hear({ agent, contact, phone, hear }: { agent: AgentNow; contact: string; phone: string; hear: (contact: string, what: Listening) => void }) {
  const mine = agent.monitors?.find((m) => m.supervisor === phone);
  return (
    <>
      <hr />
      {modes.filter((m) => m !== mine?.mode).map((mode) => (
        <button key={mode} data-test={`menu-${mode}`} onClick={() => hear(contact, { action: "monitor", mode, agent: agent.id })}>{t(`monitor.${mode}`)}</button>
      ))}
      {mine && <button data-test="menu-take-over" onClick={() => hear(contact, { action: "take_over" })}>{t("monitor.take_over")}</button>}
      {mine && <button data-test="menu-unmonitor" onClick={() => hear(contact, { action: "unmonitor" })}>{t("monitor.stop")}</button>}
    </>
  );
}
