/**
 * Draws filled art again as cartoons are drawn: flat colours and a dark line around every shape. Pixels do not tell where a shape
 * ends under its shading; the SVG does.
 */
const SHAPE = /<(path|circle|ellipse|rect|polygon|polyline|line)\b([^>]*?)(\/?)>/g;
const GRADIENT = /<(linearGradient|radialGradient)\b[^>]*\bid="([^"]+)"[^>]*?(?:\/>|>([\s\S]*?)<\/\1>)/g;
const STOP_COLOUR = /stop-color[=:]"?([^";]+)/g;
const FAINT = /\b(?:fill-)?opacity="0?\.[0-6]/; // highlights and shadows, which a cartoonist leaves out
const LINE_SHARES = { least: 0.016, most: 0.042 }; // of the picture's side

/** Every gradient becomes the colour of its middle stop; one that borrows its stops takes them from where they are. */
function flatColours(body) {
  const colours = new Map();
  const borrowed = new Map();
  for (const [whole, , id, inside] of body.matchAll(GRADIENT)) {
    const stops = [...(inside ?? "").matchAll(STOP_COLOUR)].map(([, colour]) => colour);
    if (stops.length > 0) colours.set(id, stops[Math.floor(stops.length / 2)]);
    const lender = whole.match(/href="#([^"]+)"/);
    if (lender) borrowed.set(id, lender[1]);
  }
  return body.replace(/fill="url\(#([^)]+)\)"/g, (all, id) => {
    const colour = colours.get(id) ?? colours.get(borrowed.get(id));
    return colour ? `fill="${colour}"` : all;
  });
}

/**
 * @param {string} body of an SVG
 * @param {number} side in pixels that it will be drawn at
 * @param {number} draw 0…1, which decides how thick the lines are
 * @returns {string} the body of another SVG
 */
export function redraw(body, side, draw) {
  const width = side * (LINE_SHARES.least + draw * (LINE_SHARES.most - LINE_SHARES.least));
  const shapes = flatColours(body)
    .replace(/\sfilter="[^"]*"/g, "")
    .replace(SHAPE, (all, tag, attributes, close) => {
      if (/\bstroke="/.test(attributes)) return all;
      const bare = FAINT.test(attributes) || /fill="none"/.test(attributes);
      return `<${tag}${attributes} ${bare ? 'stroke="none"' : 'vector-effect="non-scaling-stroke"'}${close}>`;
    });
  return `<g stroke="#000" stroke-width="${width.toFixed(2)}" stroke-linejoin="round" stroke-linecap="round">${shapes}</g>`;
}
