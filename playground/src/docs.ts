/** The reference page: Redoc over the API's own description. */
import "./styles/docs.css";
import redocUrl from "redoc/bundles/redoc.standalone.js?url";
import { find } from "./dom.ts";
import { loadScript, type RedocOptions, redocGlobal } from "./redoc.ts";

const FONT = "system-ui, sans-serif";
const OPTIONS: RedocOptions = {
  expandResponses: "200,201",
  hideDownloadButtons: true,
  jsonSamplesExpandLevel: 3,
  schemasExpansionLevel: 1,
  // The page's own header stays on top.
  scrollYOffset: ".docs-top",
  sortRequiredPropsFirst: true,
  theme: {
    colors: { primary: { main: "#0f766e" } },
    sidebar: { backgroundColor: "#f7f6f3" },
    rightPanel: { backgroundColor: "#1f2527" },
    typography: { fontFamily: FONT, headings: { fontFamily: FONT }, fontSize: "15px", lineHeight: "1.6" },
  },
};

const reference = find("#reference", HTMLElement);

function showFailure(): void {
  const note = find(".docs-note", HTMLElement);
  note.textContent = "The reference could not be loaded. Try again in a moment.";
}

try {
  await loadScript(redocUrl);
  const description = await fetch("openapi.json");
  if (!description.ok) throw new Error(`openapi.json answered ${description.status}`);
  redocGlobal().init(await description.json(), OPTIONS, reference);
} catch (error) {
  showFailure();
  throw error;
}
