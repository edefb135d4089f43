# The real wrangler.toml is understood: no provider, no account.

variables {
  wrangler_toml = "../../../wrangler.toml"
}

run "reads_the_real_file" {
  command = plan

  assert {
    condition     = can(formatdate("YYYY", "${output.compatibility_date}T00:00:00Z"))
    error_message = "compatibility_date is a date."
  }

  assert {
    condition     = contains(output.run_worker_first, "/v1/*") && contains(output.run_worker_first, "/admin/*")
    error_message = "The API's paths reach the worker."
  }

  assert {
    condition     = output.variables.ENVIRONMENT == "production" && output.variables.CACHE_SHARED_ACROSS_TENANTS == "false" && output.variables.DEFAULT_MODEL == ""
    error_message = "Variables are read, empty ones too."
  }

  assert {
    condition     = length(output.variables) == length(regexall("(?m)^[A-Z][A-Z_]* =", file(var.wrangler_toml)))
    error_message = "Each variable of the file is understood; if one is no plain string, teach this module."
  }

  assert {
    condition     = output.tables == tolist(["analytics_engine_datasets", "assets", "r2_buckets", "vars"])
    error_message = "The worker has a binding that modules/edge does not make: add it there, then here."
  }
}

run "says_what_is_missing" {
  command = plan

  variables {
    wrangler_toml = "nowhere.toml"
  }

  expect_failures = [var.wrangler_toml]
}
