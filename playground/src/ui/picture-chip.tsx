/** A picture that is part of a question: small, with its name and a way to take it away. */
import type { JSX } from "preact";
import type { Picture } from "../picture.ts";
import { useServices } from "../services.ts";
import { Chip } from "./chip.tsx";
import { useBlobUrl } from "./use-picture.ts";

interface PictureChipProps {
  readonly picture: Picture;
  readonly onRemove: () => void;
}

export function PictureChip({ picture, onRemove }: PictureChipProps): JSX.Element {
  const { t } = useServices();
  const image = <img alt="" src={useBlobUrl(picture.blob)} width="32" height="32" />;
  return <Chip image={image} text={picture.name} removeLabel={t.picture.remove(picture.name)} onRemove={onRemove} />;
}
