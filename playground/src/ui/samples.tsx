/** Sample pictures for whoever has none at hand: items of the local stack's collection, where there is one. */
import type { JSX } from "preact";
import type { Api } from "../api/client.ts";
import { SAMPLE_COLLECTION } from "../collections.ts";
import { type Picture, readPicture } from "../picture.ts";
import { useServices } from "../services.ts";
import { useLoaded } from "./use-loaded.ts";
import { useBlobUrl } from "./use-picture.ts";

/** By item. */
const SAMPLES = { "1f34e": "red-apple", "1f415": "dog", "1f680": "rocket", "1f3b8": "guitar" } as const;

async function loadSamples(api: Api, signal: AbortSignal): Promise<readonly Picture[]> {
  if (!(await api.collections(signal)).includes(SAMPLE_COLLECTION)) return [];
  const load = async ([id, name]: [string, string]): Promise<Picture> => {
    const blob = await api.picture(SAMPLE_COLLECTION, id, signal);
    return readPicture(new File([blob], `${name}.webp`, { type: blob.type }));
  };
  return Promise.all(Object.entries(SAMPLES).map(load));
}

const NONE: readonly Picture[] = [];

/** Empty until they are there, and where there are none: nobody has asked for them. */
export function useSamples(): readonly Picture[] {
  const { api } = useServices();
  const load = (_: string, signal: AbortSignal): Promise<readonly Picture[]> => loadSamples(api, signal);
  return useLoaded({ name: "samples", isWanted: true, load }).value ?? NONE;
}

interface SampleChoiceProps {
  readonly samples: readonly Picture[];
  readonly onChoose: (picture: Picture) => void;
}

export function SampleChoice({ samples, onChoose }: SampleChoiceProps): JSX.Element | null {
  const { t } = useServices();
  if (samples.length === 0) return null;
  return (
    <fieldset class="samples">
      <legend class="visually-hidden">{t.picture.samples}</legend>
      {samples.map((sample) => (
        <Sample key={sample.name} sample={sample} label={t.picture.sample(sample.name)} onChoose={onChoose} />
      ))}
    </fieldset>
  );
}

interface SampleProps {
  readonly sample: Picture;
  readonly label: string;
  readonly onChoose: (picture: Picture) => void;
}

function Sample({ sample, label, onChoose }: SampleProps): JSX.Element {
  return (
    <button type="button" aria-label={label} data-testid="sample" onClick={() => onChoose(sample)}>
      <img alt="" src={useBlobUrl(sample.blob)} width="40" height="40" />
    </button>
  );
}
