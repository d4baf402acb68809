// Light, dark, or as the system says.
export type Theme = "auto" | "light" | "dark";

export const themes: readonly Theme[] = ["auto", "light", "dark"];

export function theme(): Theme {
  const stored = localStorage.getItem("theme");
  return stored === "light" || stored === "dark" ? stored : "auto";
}

export function setTheme(to: Theme): void {
  localStorage.setItem("theme", to);
  apply();
}

export function apply(): void {
  const to = theme();
  if (to === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = to;
}
