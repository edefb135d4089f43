/** The collection that pictures go into: one that is there, or a new one. */
import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { useServices } from "../services.ts";

/** As the API takes it: `CollectionName` of the contract. */
const NAME = "[a-z0-9][a-z0-9_\\-]{0,62}";

export const isCollectionName = (name: string): boolean => new RegExp(`^${NAME}$`).test(name);

interface CollectionFieldProps {
  readonly names: readonly string[];
  /** undefined: one of those that are there is not chosen; a new one is to be named. */
  readonly value: string;
  readonly isNew: boolean;
  readonly isDisabled: boolean;
  readonly onChange: (value: string, isNew: boolean) => void;
}

export function CollectionField({ names, value, isNew, isDisabled, onChange }: CollectionFieldProps): JSX.Element {
  const { t } = useServices();
  const id = useId();
  return (
    <div class="collection-field">
      <label class="field-label" for={`${id}-choice`}>
        {t.add.collection}
      </label>
      <select
        id={`${id}-choice`}
        // A collection's name is never empty.
        value={isNew ? "" : value}
        disabled={isDisabled}
        data-testid="add-collection"
        onChange={({ currentTarget }) => onChange(currentTarget.value, currentTarget.value === "")}
      >
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
        <option value="">{t.add.newOption}</option>
      </select>
      {isNew && (
        <div class="field">
          <input
            type="text"
            value={value}
            required
            pattern={NAME}
            disabled={isDisabled}
            aria-label={t.add.newName}
            aria-describedby={`${id}-rule`}
            placeholder={t.add.newName}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            data-testid="new-collection"
            onInput={({ currentTarget }) => onChange(currentTarget.value, true)}
          />
        </div>
      )}
      {isNew && (
        <p id={`${id}-rule`} class="note">
          {t.add.nameRule}
        </p>
      )}
    </div>
  );
}
