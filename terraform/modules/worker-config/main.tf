# What wrangler.toml says of the worker, read for Terraform, so that it is written once. It reads the lines that are there,
# not TOML: strings and one list. The tests run on the real file.

terraform {
  required_version = ">= 1.11.0"
}

variable "wrangler_toml" {
  description = "Path of wrangler.toml."
  type        = string

  validation {
    condition     = fileexists(var.wrangler_toml)
    error_message = "wrangler_toml: there is no such file."
  }
}

locals {
  text = file(var.wrangler_toml)
  vars = regex("(?s)\n\\[vars\\]\n(.*?)(?:\n\\[|$)", local.text)[0]
}

output "compatibility_date" {
  value = regex("(?m)^compatibility_date = \"([0-9-]+)\"$", local.text)[0]
}

output "run_worker_first" {
  description = "Paths that the worker answers; all others are static files."
  value       = jsondecode(regex("(?m)^run_worker_first = (\\[.*\\])$", local.text)[0])
}

output "variables" {
  description = "Plain-text variables of the worker."
  value       = { for line in regexall("(?m)^([A-Z][A-Z_]*) = \"([^\"]*)\"$", local.vars) : line[0] => line[1] }
}

output "tables" {
  description = "What else the file speaks of. Each kind of binding has to be known to modules/edge too."
  value       = sort(distinct(flatten(regexall("(?m)^\\[+([a-z0-9_.]+)\\]+$", local.text))))
}
