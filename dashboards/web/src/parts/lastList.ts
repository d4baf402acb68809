// The list that was last looked at in this tab: what one of its contacts leads back to.
import { useEffect } from "preact/hooks";

const kept = "list";
const keep = (): void => sessionStorage.setItem(kept, location.pathname + location.search);

/** Notes that this page is it, with all that its address holds when it is left. */
export function useLastList(): void {
  useEffect(() => {
    addEventListener("pagehide", keep);
    return () => removeEventListener("pagehide", keep);
  }, []);
}

export const lastList = (): string => sessionStorage.getItem(kept) ?? "/contacts";
