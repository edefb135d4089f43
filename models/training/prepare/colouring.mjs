/**
 * Colours line art as a colouring book: every area that lines enclose, and the inside of every black one, gets one colour, the
 * mean of a coloured drawing of the same thing by the same artists, laid over the lines.
 */
const INK = 96; // alpha from which a pixel is line
const LEAST_AREA = 6; // pixels; smaller areas stay as they are
const RIM = 4; // pixels that a black area keeps around its inside
const LEAST_COVER = 0.5; // of an area by the coloured drawing, else it becomes white
const WHITE = [255, 255, 255];

/** The pixels beside one that is not at the border. */
const around = (pixel, side) => [pixel + 1, pixel - 1, pixel + side, pixel - side];

/** The box of what is drawn: [left, top, right, bottom] in pixels, right and bottom excluded. */
function extent(rgba, side) {
  let [left, top, right, bottom] = [side, side, 0, 0];
  for (let pixel = 0; pixel < side * side; pixel++) {
    if (rgba[pixel * 4 + 3] < INK) continue;
    const [x, y] = [pixel % side, Math.floor(pixel / side)];
    [left, top] = [Math.min(left, x), Math.min(top, y)];
    [right, bottom] = [Math.max(right, x + 1), Math.max(bottom, y + 1)];
  }
  return [left, top, right, bottom];
}

/**
 * Connected pixels that all pass `isInside`, each group a list.
 * @returns {{ area: number[], open: boolean }[]} open: it reaches the border
 */
function connected(isInside, side) {
  const isBorder = (pixel) =>
    pixel % side === 0 || pixel % side === side - 1 || pixel < side || pixel >= side * (side - 1);
  const seen = new Uint8Array(side * side);
  const groups = [];
  for (let start = 0; start < seen.length; start++) {
    if (seen[start] || !isInside(start) || isBorder(start)) continue;
    const area = [start];
    let open = false;
    seen[start] = 1;
    for (let next = 0; next < area.length; next++) {
      for (const pixel of around(area[next], side)) {
        if (seen[pixel] || !isInside(pixel)) continue;
        if (isBorder(pixel)) {
          open = true;
          continue;
        }
        seen[pixel] = 1;
        area.push(pixel);
      }
    }
    if (area.length >= LEAST_AREA) groups.push({ area, open });
  }
  return groups;
}

/** Areas between lines, each a list of pixels, without those that reach the border. */
function enclosedAreas(rgba, side) {
  const groups = connected((pixel) => rgba[pixel * 4 + 3] < INK, side);
  return groups.filter(({ open }) => !open).map(({ area }) => area);
}

/** The insides of black areas, each a list of pixels, at least RIM pixels from where the black ends. */
function blackInsides(rgba, side) {
  const black = (x, y) => x >= 0 && y >= 0 && x < side && y < side && rgba[(y * side + x) * 4 + 3] >= INK;
  const steps = Array.from({ length: 2 * RIM + 1 }, (_, index) => index - RIM);
  const disc = steps.flatMap((dx) => steps.map((dy) => [dx, dy])).filter(([dx, dy]) => dx * dx + dy * dy <= RIM * RIM);
  const isInside = (pixel) => disc.every(([dx, dy]) => black((pixel % side) + dx, Math.floor(pixel / side) + dy));
  return connected(isInside, side).map(({ area }) => area);
}

/**
 * @param {Buffer} lines RGBA, side·side, black on transparent
 * @param {Buffer} coloured RGBA of the same size; the boxes of what both draw are laid over each other
 * @param {number} side in pixels
 * @returns {Buffer} RGBA: the lines, with colour between them
 */
function colourIn(lines, coloured, side) {
  const [from, to] = [extent(lines, side), extent(coloured, side)];
  const along = (value, axis) => {
    const [length, wanted] = [from[axis + 2] - from[axis], to[axis + 2] - to[axis]];
    return Math.min(side - 1, Math.round(to[axis] + ((value - from[axis]) * wanted) / length));
  };
  const colourOf = (area) => {
    const over = area.map((pixel) => along(Math.floor(pixel / side), 1) * side + along(pixel % side, 0));
    return meanColour(coloured, over);
  };
  const result = Buffer.from(lines);
  for (const area of enclosedAreas(lines, side)) paint(result, grown(area, lines, side), colourOf(area));
  for (const area of blackInsides(lines, side)) {
    const colour = [...colourOf(area).map(Math.round), 255];
    for (const pixel of area) result.set(colour, pixel * 4);
  }
  return result;
}

/**
 * @param {(drawing: string) => Promise<Buffer | undefined>} render draws lines
 * @param {(drawing: string) => Promise<Buffer | undefined>} renderTwin draws the same thing in colours
 * @param {number} size side in pixels
 * @returns {(drawing: string) => Promise<Buffer | undefined>} the lines, coloured in like the twin
 */
export function colouredRenderer(render, renderTwin, size) {
  return async (drawing) => {
    const [lines, twin] = await Promise.all([render(drawing), renderTwin(drawing)]);
    return lines && twin && colourIn(lines, twin, size);
  };
}

/** Mean of the pixels' colours, weighted by how much they cover; white where there is too little. */
function meanColour(rgba, pixels) {
  const sum = [0, 0, 0];
  let cover = 0;
  for (const pixel of pixels) {
    const alpha = rgba[pixel * 4 + 3] / 255;
    for (const channel of [0, 1, 2]) sum[channel] += rgba[pixel * 4 + channel] * alpha;
    cover += alpha;
  }
  return cover < LEAST_COVER * pixels.length ? WHITE : sum.map((total) => total / cover);
}

/** The area and the half transparent pixels of the lines around it, which else would let the ground through. */
function grown(area, lines, side) {
  const soft = area.flatMap((pixel) => around(pixel, side)).filter((pixel) => lines[pixel * 4 + 3] < 255);
  return new Set([...area, ...soft]);
}

/** Puts a colour under what is there, which is black. */
function paint(rgba, pixels, colour) {
  for (const pixel of pixels) {
    const through = 1 - rgba[pixel * 4 + 3] / 255;
    for (const channel of [0, 1, 2]) rgba[pixel * 4 + channel] = Math.round(colour[channel] * through);
    rgba[pixel * 4 + 3] = 255;
  }
}
