// A password for somebody else: drawn here and shown once, or set by hand.
import { t } from "../i18n";
import { Choice } from "./Choice";
import { Group } from "./Group";
import { TextField } from "./TextField";
import type { Faults } from "./useForm";

export interface PasswordForm {
  drawn: boolean;
  typed: string;
}

export const noPassword: PasswordForm = { drawn: true, typed: "" };

const [least, most] = [12, 200];

/** The password of the form: a new one each time where it is drawn. */
export const passwordOf = ({ drawn, typed }: PasswordForm): string => (drawn ? draw() : typed);

/** What the API would refuse: too short or long, or the name in it. */
export const passwordFault = (password: string, name: string): string | undefined =>
  password.length < least || password.length > most || (name.length > 2 && password.toLowerCase().includes(name.toLowerCase())) ? t("fault.password") : undefined;

export const passwordFaults = ({ drawn, typed }: PasswordForm, name: string): Faults => {
  const fault = drawn ? undefined : passwordFault(typed, name);
  return fault === undefined ? {} : { password: fault };
};

const letters = "abcdefghijkmnpqrstuvwxyz23456789"; // 32, none of which looks like another one

/** 100 random bits in groups that can be read out. */
function draw(): string {
  const picked = [...crypto.getRandomValues(new Uint8Array(20))].map((b) => letters[b % letters.length]).join("");
  return picked.match(/.{5}/g)?.join("-") ?? picked;
}

export function PasswordFields({ password, set, faults }: { password: PasswordForm; set: (password: PasswordForm) => void; faults: Faults }) {
  return (
    <Group name="drawn" label={t("users.password")}>
      <Choice type="radio" name="drawn" value="yes" label={t("users.password.drawn")} checked={password.drawn} set={() => set({ ...password, drawn: true })} />
      <Choice type="radio" name="drawn" value="" label={t("users.password.typed")} checked={!password.drawn} set={() => set({ ...password, drawn: false })} />
      {!password.drawn && (
        <TextField name="password" type="password" autocomplete="new-password" label={t("users.password.new")} hint={t("users.password.hint")} value={password.typed}
          set={(typed) => set({ ...password, typed })} fault={faults["password"]} />
      )}
    </Group>
  );
}
