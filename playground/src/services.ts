/** What every panel needs, handed down once by the frame. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Api } from "./api/client.ts";
import type { Messages } from "./i18n/en.ts";
import type { PictureCache } from "./picture-cache.ts";
import type { KeyNeeded } from "./session.ts";

export interface Services {
  readonly api: Api;
  /** Stored pictures by collection and item. */
  readonly pictures: PictureCache;
  /** Changes with the key: what the former key could see is asked for again. */
  readonly keyVersion: number;
  /** Aborted as soon as another key is used: what takes many calls must not go on with that one. */
  readonly keySignal: AbortSignal;
  readonly askForKey: (need: KeyNeeded) => void;
  /** The sentences in the person's language. */
  readonly t: Messages;
}

export const ServicesContext = createContext<Services | undefined>(undefined);

/** @throws Error outside of the frame. */
export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (!services) throw new Error("A component that calls the API stands outside of the frame.");
  return services;
}
