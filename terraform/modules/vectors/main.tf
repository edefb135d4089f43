# Qdrant: a cluster at Qdrant Cloud, or one of your own whose address is given. Either way the backend gets a key that may
# manage, the worker one that may only read. Attributes are those of provider 1.28.0.

terraform {
  required_version = ">= 1.11.0"

  required_providers {
    qdrant-cloud = {
      source  = "qdrant/qdrant-cloud"
      version = "~> 1.28"
    }
  }
}

locals {
  makes_cluster = var.self_hosted_url == null
}

data "qdrant-cloud_booking_packages" "this" {
  count = local.makes_cluster ? 1 : 0

  cloud_provider = "aws"
  cloud_region   = var.cloud_region
}

locals {
  packages = local.makes_cluster ? [
    for p in data.qdrant-cloud_booking_packages.this[0].packages : p
    if p.resource_configuration[0].ram == var.node_memory && p.status == "PACKAGE_STATUS_ACTIVE"
  ] : []
}

resource "qdrant-cloud_accounts_cluster" "this" {
  count = local.makes_cluster ? 1 : 0

  name           = var.name
  cloud_provider = "aws"
  cloud_region   = var.cloud_region

  configuration {
    number_of_nodes = var.nodes
    version         = var.qdrant_version

    node_configuration {
      package_id = try(local.packages[0].id, "")
    }
  }

  lifecycle {
    # Vectors can be made again only by embedding everything again.
    prevent_destroy = true

    precondition {
      condition     = length(local.packages) > 0
      error_message = "node_memory: Qdrant Cloud has no package with ${var.node_memory} in ${var.cloud_region}."
    }
  }
}

resource "qdrant-cloud_accounts_backup_schedule" "this" {
  count = local.makes_cluster ? 1 : 0

  cluster_id       = qdrant-cloud_accounts_cluster.this[0].id
  cron_expression  = "0 3 * * *"
  retention_period = "168h"
}

resource "qdrant-cloud_accounts_database_api_key_v2" "this" {
  for_each = local.makes_cluster ? {
    backend = "GLOBAL_ACCESS_RULE_ACCESS_TYPE_MANAGE"
    edge    = "GLOBAL_ACCESS_RULE_ACCESS_TYPE_READ_ONLY"
  } : {}

  cluster_id = qdrant-cloud_accounts_cluster.this[0].id
  name       = "${var.name}-${each.key}"

  global_access_rule {
    access_type = each.value
  }
}
