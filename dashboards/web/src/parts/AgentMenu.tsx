// The one menu of the agent table: it stands outside the rows, which move while it is open.
import { useRef, useState } from "preact/hooks";
import type { MutableRef } from "preact/hooks";
import { t, word } from "../i18n";
import type { AgentNow, Settings } from "../model";
import type { Act, Change } from "./useAct";
import { useFetched } from "./useFetched";

/** Opens the menu of an agent beside a button. */
export type OpenMenu = (agent: string, button: HTMLElement) => void;

export function AgentMenu({ agents, act, open }: { agents: AgentNow[]; act: Act; open: MutableRef<OpenMenu> }) {
  const menu = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState("");
  const reasons = useFetched<Settings>("/settings")?.pause_reasons ?? [];
  open.current = (agent, button) => {
    const element = menu.current;
    if (!element) return;
    setChosen(agent);
    const at = button.getBoundingClientRect();
    element.style.right = `${document.documentElement.clientWidth - at.right}px`;
    element.style.top = `${at.bottom}px`;
    element.showPopover();
    element.style.top = `${Math.max(0, Math.min(at.bottom, innerHeight - element.offsetHeight - 8))}px`; // whole, near the lower edge too
  };
  const agent = agents.find((a) => a.id === chosen);
  const choose = (change: Change) => {
    menu.current?.hidePopover(); // which gives the focus back to the button
    void act(chosen, change);
  };
  return (
    <div class="menu" popover="auto" ref={menu} data-test="menu">
      {agent && <strong>{agent.name || agent.id}</strong>}
      {agent?.state === "logged_out"
        ? <button autofocus data-test="menu-login" onClick={() => choose({ action: "login" })}>{t("action.login")}</button>
        : (
          <>
            <button autofocus data-test="menu-ready" onClick={() => choose({ action: "ready" })}>{t("action.ready")}</button>
            {reasons.map((r) => (
              <button key={r} data-test={`menu-pause-${r}`} onClick={() => choose({ action: "pause", reason: r })}>{t("action.pause")} · {word("reason.", r)}</button>
            ))}
            <button data-test="menu-logout" onClick={() => choose({ action: "logout" })}>{t("action.logout")}</button>
          </>
        )}
    </div>
  );
}
