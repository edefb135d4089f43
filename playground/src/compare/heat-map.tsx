/** A table of cosines, in which closeness is colour. */
import type { JSX } from "preact";
import type { Picture } from "../picture.ts";
import { useServices } from "../services.ts";
import { useBlobUrl } from "../ui/use-picture.ts";
import { type Matrix, shades } from "./cosines.ts";

interface HeatMapProps {
  readonly pictures: readonly Picture[];
  readonly sentences: readonly string[];
  readonly matrix: Matrix;
  readonly isStale: boolean;
}

export function HeatMap({ pictures, sentences, matrix, isStale }: HeatMapProps): JSX.Element {
  const { t } = useServices();
  const shade = shades(matrix);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard.
    <section class="heat-map" data-stale={isStale} data-testid="heat-map" tabIndex={0} aria-label={t.compare.table}>
      <table>
        <caption class="visually-hidden">{t.compare.table}</caption>
        <thead>
          <tr>
            <td />
            {pictures.map((picture, n) => (
              // The same picture may stand in two columns.
              <th key={n} scope="col">
                <Thumbnail picture={picture} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sentences.map((sentence, row) => (
            // The same sentence may stand in two rows.
            <tr key={row}>
              <th scope="row">{sentence}</th>
              {pictures.map((_, column) => (
                // A cell is its place.
                <td key={column} style={{ "--shade": `${Math.round((shade[column]?.[row] ?? 0) * 100)}%` }}>
                  {matrix[column]?.[row]?.toFixed(2)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Thumbnail({ picture }: { readonly picture: Picture }): JSX.Element {
  return <img alt={picture.name} title={picture.name} src={useBlobUrl(picture.blob)} width="64" height="64" />;
}
