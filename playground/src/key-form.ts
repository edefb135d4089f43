/** The small form that asks for an API key. */
import { find } from "./dom.ts";

export interface KeyForm {
  /** Opens the form. @param reason why a key is needed now. */
  ask(reason: string): void;
}

interface KeyFormOptions {
  readonly form: HTMLFormElement;
  /** The button that opens the form to change the key, and closes it again. */
  readonly opener: HTMLButtonElement;
  readonly onKey: (key: string) => void;
}

export function createKeyForm({ form, opener, onKey }: KeyFormOptions): KeyForm {
  const input = find("input", HTMLInputElement, form);
  const reasonText = find(".key-reason", HTMLElement, form);

  function ask(reason: string): void {
    reasonText.textContent = reason;
    // A form that is open already must not take the focus from a person who types elsewhere.
    if (!form.hidden) return;
    form.hidden = false;
    opener.setAttribute("aria-expanded", "true");
    input.focus();
  }

  function close(): void {
    form.hidden = true;
    opener.setAttribute("aria-expanded", "false");
    // The key has no business in the page once it is handed over.
    input.value = "";
  }

  opener.addEventListener("click", () => (form.hidden ? ask("Use another API key.") : close()));

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const key = input.value.trim();
    if (key === "") return;
    close();
    onKey(key);
  });
  return { ask };
}
