/** The words of the reference that belong to no single operation. */
import { ERRORS } from "@sightline/shared/errors";

/** In the order of the reference. */
export const TAGS: Readonly<Record<string, string>> = {
  Inference: "Vectors, labels, ranks and verdicts of what is sent, with nothing stored.",
  Collections: "Named sets of items, each tied to the model that makes its vectors.",
  Items: "What a collection holds: texts, pictures and vectors, with metadata to filter by.",
  Search: "What is nearest in a collection: by words, by picture, by a stored item or by a vector.",
  Service: "Whether it runs, and what was used of it.",
  Operator:
    "Tenants, keys, canaries, migrations and snapshots, for whoever runs the service. API keys are of no use here.",
};

export const INTRODUCTION = `One HTTPS API over pictures and text: embeddings, zero-shot classification, ranking, visual entailment and cross-modal search.

Send your key as \`Authorization: Bearer <key>\`. The requests below are whole and can be sent as they stand; vectors in answers are cut short.

# Errors

Every error has the same envelope; its \`code\` is one of these.

${Object.entries(ERRORS)
  .map(([code, { status, meaning, remedy }]) => `- **\`${code}\`** (${status}): ${meaning} ${remedy}`)
  .join("\n")}`;
