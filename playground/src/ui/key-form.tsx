/** The small form that asks for an API key. */
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Messages } from "../i18n/en.ts";
import { isPossibleKey } from "../session.ts";

interface KeyFormProps {
  readonly t: Messages;
  /** Why a key is needed now. */
  readonly reason: string;
  /** The local stack's own key, where there is one. */
  readonly offered: string | undefined;
  readonly onKey: (key: string) => void;
  readonly onClose: () => void;
}

export function KeyForm({ t, reason, offered, onKey, onClose }: KeyFormProps): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const key = input.current?.value.trim() ?? "";
    if (key !== "") onKey(key);
  }

  /** The browser shows it in the place of sending the form. */
  function judge(field: HTMLInputElement): void {
    const key = field.value.trim();
    field.setCustomValidity(key === "" || isPossibleKey(key) ? "" : t.key.impossible);
  }

  return (
    <form
      id="key-form"
      class="key-form"
      data-testid="key-form"
      onSubmit={submit}
      onKeyDown={(event) => event.key === "Escape" && onClose()}
    >
      <p id="key-reason" class="key-reason" role="status">
        {reason}
      </p>
      <label for="key-input">{t.key.label}</label>
      <input
        ref={input}
        id="key-input"
        type="password"
        autocomplete="off"
        spellcheck={false}
        required
        aria-describedby="key-reason key-note"
        onInput={({ currentTarget }) => judge(currentTarget)}
      />
      <button type="submit" class="primary">
        {t.key.use}
      </button>
      <p id="key-note" class="note">
        {t.key.note}
      </p>
      {offered !== undefined && (
        <button type="button" class="quiet" data-testid="demo-key" onClick={() => onKey(offered)}>
          {t.key.useLocal}
        </button>
      )}
    </form>
  );
}
