/** Prints the OpenAPI document, for linters and generators: `node edge/src/print-openapi.ts`. */
import { createApp } from "./app.ts";
import { openApiDocument } from "./openapi.ts";

const document = openApiDocument(createApp().docs, "https://sightline.test");
console.log(JSON.stringify(document, null, 2));
