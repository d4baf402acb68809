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

/** The same for who leaves: the next one here may be somebody else, and begins at his own first page. */
export function signedOut(): void {
  localStorage.removeItem(note);
  location.assign("/");
}
