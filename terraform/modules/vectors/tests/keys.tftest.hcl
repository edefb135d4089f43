# Needs Qdrant Cloud's provider for its schemas, and no account. Plans only: an apply could not be cleaned up, since the
# cluster must not be destroyed.

mock_provider "qdrant-cloud" {
  mock_data "qdrant-cloud_booking_packages" {
    defaults = {
      packages = [{
        id                                    = "package-8", name = "mx2", status = "PACKAGE_STATUS_ACTIVE", type = "paid", tier = "", currency = "USD"
        multi_az                              = false, unit_int_price_per_hour = 1, available_additional_resources = []
        available_storage_tier_configurations = []
        resource_configuration                = [{ cpu = "2000m", disk = "32Gi", gpu = "", ram = "8Gi" }]
      }]
    }
  }
}

variables {
  name = "sightline-test"
}

run "the_worker_may_only_read" {
  command = plan

  assert {
    condition     = qdrant-cloud_accounts_database_api_key_v2.this["edge"].global_access_rule[0].access_type == "GLOBAL_ACCESS_RULE_ACCESS_TYPE_READ_ONLY" && qdrant-cloud_accounts_database_api_key_v2.this["backend"].global_access_rule[0].access_type == "GLOBAL_ACCESS_RULE_ACCESS_TYPE_MANAGE"
    error_message = "The backend manages, the worker reads."
  }

  assert {
    condition     = qdrant-cloud_accounts_cluster.this[0].configuration[0].node_configuration[0].package_id == "package-8" && qdrant-cloud_accounts_cluster.this[0].configuration[0].number_of_nodes == 3
    error_message = "Three nodes of the package that has the memory."
  }

  assert {
    condition     = length(qdrant-cloud_accounts_backup_schedule.this) == 1
    error_message = "It is backed up."
  }
}

run "a_package_that_nobody_sells" {
  command = plan

  variables {
    node_memory = "7Gi"
  }

  expect_failures = [qdrant-cloud_accounts_cluster.this]
}

run "takes_a_cluster_of_ones_own" {
  command = plan

  variables {
    self_hosted_url               = "https://qdrant.example.com"
    self_hosted_api_key           = "manage"
    self_hosted_read_only_api_key = "read"
  }

  assert {
    condition     = length(qdrant-cloud_accounts_cluster.this) + length(qdrant-cloud_accounts_database_api_key_v2.this) == 0
    error_message = "Nothing is made where one is given."
  }

  assert {
    condition     = output.url == "https://qdrant.example.com" && nonsensitive(output.api_key) == "manage" && nonsensitive(output.read_only_api_key) == "read"
    error_message = "What is given comes out."
  }
}

run "refuses" {
  command = plan

  variables {
    self_hosted_url = "http://qdrant.example.com"
    nodes           = 0
    qdrant_version  = "v1.11.0"
    node_memory     = "8GB"
  }

  expect_failures = [var.self_hosted_url, var.nodes, var.qdrant_version, var.node_memory]
}

run "an_address_without_a_key" {
  command = plan

  variables {
    self_hosted_url     = "https://qdrant.example.com"
    self_hosted_api_key = "manage"
  }

  expect_failures = [var.self_hosted_read_only_api_key]
}
