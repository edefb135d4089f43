# Redis at Upstash: keys, limits, records of collections, and the shared cache. Attributes are those of provider 2.0.1.

terraform {
  required_version = ">= 1.11.0"

  required_providers {
    upstash = {
      source  = "upstash/upstash"
      version = "~> 2.0"
    }
  }
}

# One region: replicas elsewhere would lag by the way to them. In one region, too, Upstash answers reads from any of several copies,
# which may tell of a moment before; what the worker does about it is in docs/decisions/0010-redis-client-of-our-own.md.
resource "upstash_redis_database" "this" {
  database_name  = var.name
  region         = "global"
  primary_region = var.primary_region
  tls            = true

  # Keys of tenants live here beside cache entries: a full database must refuse writes, never forget a tenant. Cache entries
  # expire by themselves.
  eviction   = false
  auto_scale = true
  budget     = var.monthly_budget_usd
  prod_pack  = var.prod_pack

  lifecycle {
    # All tenants and API keys.
    prevent_destroy = true
  }
}
