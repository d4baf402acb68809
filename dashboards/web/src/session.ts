// Whether somebody signed in here. The cookie itself can't be read by a page; this note saves asking the server, and an error
// in the console, where nobody did.
const note = "signed-in";

export const maybeSignedIn = (): boolean => localStorage.getItem(note) !== null;
export const sessionBegan = (): void => localStorage.setItem(note, "yes");

/** Back to signing in; the address stays, so that the same page is shown again afterwards. */
export function sessionEnded(): void {
  localStorage.removeItem(note);
  location.reload();
}

/** On to the identity provider, where he signs out too; it leads back to signing in. */
export function sessionEndsAt(provider: string): void {
  localStorage.removeItem(note);
  location.assign(provider);
}

/** Reads with what the way over the identity provider ended, and takes it off the address: the code of what was refused, "" for nothing. */
export function comeBack(): string {
  const { hash, pathname, search } = location;
  const refused = /^#sign-in=([a-z_]+)$/.exec(hash)?.[1] ?? "";
  if (hash === "#signed-in") sessionBegan();
  if (hash === "#signed-in" || refused !== "") history.replaceState(null, "", pathname + search);
  return refused;
}

/** The same for who leaves: the next one here may be somebody else, and begins at his own first page. */
export function signedOut(): void {
  localStorage.removeItem(note);
  location.assign("/");
}
