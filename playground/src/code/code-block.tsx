/** The panel's call as code, ready to be copied; the key is left to the environment. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Operation } from "../api/operations.ts";
import type { Picture } from "../picture.ts";
import { useServices } from "../services.ts";
import { Icon } from "../ui/icons.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { toCurl } from "./curl.ts";
import { fileNames } from "./pictures.ts";
import { toTypeScript } from "./typescript.ts";

const LANGUAGES = [
  { id: "curl", label: "curl" },
  { id: "typescript", label: "TypeScript" },
] as const;

interface CodeBlockProps {
  /** Tells the blocks of the page apart. */
  readonly name: string;
  readonly operation: Operation;
  readonly pictures: readonly Picture[];
}

export function CodeBlock({ name, operation, pictures }: CodeBlockProps): JSX.Element {
  const { t } = useServices();
  const [language, setLanguage] = useState<(typeof LANGUAGES)[number]["id"]>("curl");
  const base = new URL(".", location.href).href;
  const names = fileNames(pictures);
  const code =
    language === "curl" ? toCurl(operation, base, names) : toTypeScript(operation, base.replace(/\/$/, ""), names);
  const id = `code-${name}`;
  return (
    <details class="code" data-testid="code">
      <summary>
        <h2>{t.code.heading}</h2>
        <span class="note">{t.code.intro}</span>
      </summary>
      <div class="code-bar">
        <Tabs label={t.code.languages} name={id} tabs={LANGUAGES} selected={language} onSelect={setLanguage} />
        <CopyButton text={code} />
      </div>
      <pre
        id={`${id}-panel-${language}`}
        role="tabpanel"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard.
        tabIndex={0}
        aria-labelledby={`${id}-tab-${language}`}
      >
        <code translate={false}>{code}</code>
      </pre>
    </details>
  );
}

const COPIED_FOR_MS = 1500;

function CopyButton({ text }: { readonly text: string }): JSX.Element {
  const { t } = useServices();
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), COPIED_FOR_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  // Refused without a secure origin or the person's permission: the text can still be marked.
  const copy = (): Promise<void> =>
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => {},
    );
  return (
    <button type="button" class="quiet copy" onClick={() => void copy()}>
      <Icon name={isCopied ? "check" : "copy"} />
      <span role="status">{isCopied ? t.code.copied : t.code.copy}</span>
    </button>
  );
}
