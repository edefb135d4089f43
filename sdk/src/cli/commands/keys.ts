/** `admin keys`: a tenant's API keys. A new key is all that stdout gets, so that a script can keep it. */
import type { Command } from "commander";
import { examples, isJson, separated, showOf } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { type ApiKey, type KeyChanges, type KeySettings, type NewApiKey, operatorOf } from "../operator.ts";
import { fields, note, table } from "../output.ts";
import { seconds } from "../seconds.ts";

interface CreateFlags {
  readonly name?: string;
  readonly scopes?: readonly string[];
  readonly expires?: string;
}

export function addKeys(admin: Command): void {
  const keys = admin.command("keys").description("a tenant's API keys");
  keys
    .command("list", { isDefault: true })
    .description("all of them, oldest first")
    .argument("<tenant>")
    .action(async (tenant: string, _options: object, command: Command) => {
      showOf(command)(await (await operatorOf()).keys(tenant), (list) =>
        table(
          ["key", "name", "scopes", "created", "expires"],
          list.map((key) => [key.id, key.name, key.scopes.join(","), key.created_at, key.expires_at ?? "never"]),
          "The tenant has no key.",
        ),
      );
    });
  keys
    .command("create")
    .description("a new one; it is shown this once")
    .argument("<tenant>")
    .option("--name <text>", "for people")
    .option("--scopes <list>", "of embed, classify, entail, search, write, jobs; all if absent", separated)
    .option("--expires <time>", "when it stops working, RFC 3339; never if absent")
    .addHelpText(
      "after",
      examples(
        "sightline admin keys create acme --name website --scopes search",
        "sightline admin keys create acme --expires 2027-01-01T00:00:00Z",
      ),
    )
    .action(async (tenant: string, { name, scopes, expires }: CreateFlags, command: Command) => {
      const settings: KeySettings = {
        ...(name !== undefined && { name }),
        ...(scopes && { scopes }),
        ...(expires !== undefined && { expires_at: expires }),
      };
      tell(command, await (await operatorOf()).createKey(tenant, settings));
    });
  keys
    .command("update")
    .description("change its name, or when it expires")
    .argument("<tenant>")
    .argument("<key>", "its id, of `list`")
    .option("--name <text>", "for people")
    .option("--expires <time>", "when it stops working, RFC 3339, or never")
    .addHelpText("after", examples("sightline admin keys update acme 0123456789ab --expires 2027-01-01T00:00:00Z"))
    .action(async (tenant: string, key: string, { name, expires }: Omit<CreateFlags, "scopes">, command: Command) => {
      const changes: KeyChanges = {
        ...(name !== undefined && { name }),
        ...(expires !== undefined && { expires_at: expires === "never" ? null : expires }),
      };
      if (Object.keys(changes).length === 0) throw new UsageError("say what to change: --name or --expires");
      showOf(command)(await (await operatorOf()).updateKey(tenant, key, changes), shown);
    });
  keys
    .command("rotate")
    .description("a new key of the same name, scopes and expiry; the old one goes on for a while")
    .argument("<tenant>")
    .argument("<key>", "its id, of `list`")
    .option("--overlap <duration>", "how long the old one goes on: 0, 30m, 12h, 7d; a day if absent", seconds)
    .addHelpText("after", examples("sightline admin keys rotate acme 0123456789ab --overlap 7d"))
    .action(async (tenant: string, key: string, { overlap }: { overlap?: number }, command: Command) => {
      tell(command, await (await operatorOf()).rotateKey(tenant, key, overlap));
    });
  keys
    .command("revoke")
    .description("ends a key within 30 s")
    .argument("<tenant>")
    .argument("<key>", "its id, of `list`")
    .action(async (tenant: string, key: string, _options: object, command: Command) => {
      showOf(command)(await (await operatorOf()).revokeKey(tenant, key), () => `${key} is revoked`);
    });
}

const shown = ({ scopes, expires_at, ...key }: ApiKey): string =>
  fields({ ...key, scopes: scopes.join(","), expires_at: expires_at ?? "never" });

function tell(command: Command, fresh: NewApiKey): void {
  showOf(command)(fresh, ({ key }) => key);
  if (!isJson(command)) note(`Keep it: it is not shown again. Its id is ${fresh.id}.`);
}
