/** `admin tenants`: who may use the service, and with which plan. */
import { type Command, Option } from "commander";
import { examples, showOf } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { operatorOf, type Tenant, type TenantChanges } from "../operator.ts";
import { fields, table } from "../output.ts";

const PLAN_HELP = "free, standard or unlimited";

const shown = (tenant: Tenant): string => fields({ ...tenant });

export function addTenants(admin: Command): void {
  const tenants = admin.command("tenants").description("who may use the service, and with which plan");
  tenants
    .command("list", { isDefault: true })
    .description("all of them")
    .action(async (_options: object, command: Command) => {
      showOf(command)(await (await operatorOf()).tenants(), (list) =>
        table(
          ["tenant", "name", "plan", "status", "created"],
          list.map(({ id, name, plan, status, created_at }) => [id, name, plan, status, created_at]),
          "There is no tenant.",
        ),
      );
    });
  tenants
    .command("show")
    .description("one of them")
    .argument("<tenant>")
    .action(async (id: string, _options: object, command: Command) => {
      showOf(command)(await (await operatorOf()).tenant(id), shown);
    });
  tenants
    .command("create")
    .description("a new one; it has no key yet")
    .argument("<tenant>", "its id, chosen once")
    .requiredOption("--plan <plan>", PLAN_HELP)
    .option("--name <text>", "for people")
    .addHelpText("after", examples('sightline admin tenants create acme --plan standard --name "Acme Ltd"'))
    .action(async (id: string, options: { plan: string; name?: string }, command: Command) => {
      showOf(command)(await (await operatorOf()).createTenant({ id, ...options }), shown);
    });
  tenants
    .command("update")
    .description("change its name, plan or status")
    .argument("<tenant>")
    .option("--plan <plan>", PLAN_HELP)
    .option("--name <text>", "for people")
    .addOption(new Option("--status <status>", "suspended: its calls are refused").choices(["active", "suspended"]))
    .addHelpText("after", examples("sightline admin tenants update acme --status suspended"))
    .action(async (id: string, changes: TenantChanges, command: Command) => {
      if (Object.keys(changes).length === 0) throw new UsageError("say what to change: --plan, --name or --status");
      showOf(command)(await (await operatorOf()).updateTenant(id, changes), shown);
    });
  tenants
    .command("delete")
    .description("one without collections, and its keys")
    .argument("<tenant>")
    .action(async (id: string, _options: object, command: Command) => {
      showOf(command)(await (await operatorOf()).deleteTenant(id), () => `${id} is gone, with its keys`);
    });
}
