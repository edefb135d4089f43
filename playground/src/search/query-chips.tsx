/** The parts of a search that are not words: pictures it shall be like, and items it shall not be like. */
import type { JSX, RefObject } from "preact";
import type { Picture } from "../picture.ts";
import { useServices } from "../services.ts";
import { Chip } from "../ui/chip.tsx";
import { PictureChip } from "../ui/picture-chip.tsx";
import { StoredPicture } from "../ui/stored-picture.tsx";
import type { SearchState } from "./state.ts";

interface QueryChipsProps {
  readonly container: RefObject<HTMLDivElement>;
  readonly collection: string;
  readonly state: SearchState;
  readonly picture: Picture | undefined;
  readonly nameOf: (id: string) => string;
  readonly onChange: (change: Partial<SearchState>) => void;
  readonly onRemovePicture: () => void;
}

export function QueryChips(props: QueryChipsProps): JSX.Element | null {
  const { container, collection, state, picture, nameOf, onChange, onRemovePicture } = props;
  const { t } = useServices();
  const { like, not } = state;
  if (!picture && like === undefined && not.length === 0) return null;
  const likeText = t.search.like(nameOf(like ?? ""));
  return (
    <div ref={container} class="chips" data-testid="chips">
      {picture && <PictureChip picture={picture} onRemove={onRemovePicture} />}
      {like !== undefined && (
        <Chip
          image={<StoredPicture collection={collection} id={like} />}
          text={likeText}
          removeLabel={t.search.stop(likeText)}
          onRemove={() => onChange({ like: undefined })}
        />
      )}
      {not.map((id) => {
        const text = t.search.not(nameOf(id));
        return (
          <Chip
            key={id}
            isNegative
            image={<StoredPicture collection={collection} id={id} />}
            text={text}
            removeLabel={t.search.stop(text)}
            onRemove={() => onChange({ not: not.filter((other) => other !== id) })}
          />
        );
      })}
    </div>
  );
}
