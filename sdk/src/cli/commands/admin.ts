/** `admin`: the operator's commands. Work on the index (migrations, snapshots) goes with the service: `npm run ops` in its repository. */
import type { Command } from "commander";
import { showOf } from "../context.ts";
import { operatorOf } from "../operator.ts";
import { usageTable } from "../usage-table.ts";
import { addKeys } from "./keys.ts";
import { addTenants } from "./tenants.ts";

const HELP = `
SIGHTLINE_URL and SIGHTLINE_ADMIN_TOKEN say where and with which token (the worker's ADMIN_TOKEN); without
both, the local stack that runs in this folder is meant.`;

export function addAdmin(program: Command): void {
  const admin = program
    .command("admin")
    .description("the operator's: tenants, their keys and what they used")
    .addHelpText("after", HELP);
  addTenants(admin);
  addKeys(admin);
  admin
    .command("usage")
    .description("what a tenant has used, day by day")
    .argument("<tenant>")
    .option("--month <yyyy-mm>", "in UTC; the current one if absent")
    .action(async (tenant: string, { month }: { month?: string }, command: Command) => {
      showOf(command)(await (await operatorOf()).usage(tenant, month), usageTable);
    });
}
