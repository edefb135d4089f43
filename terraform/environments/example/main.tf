# One deployment: Redis and Qdrant, the worker, and the backend in one region or two (backend.tf).

module "cache" {
  source = "../../modules/cache"

  name               = var.name
  primary_region     = var.redis_region
  monthly_budget_usd = var.redis_monthly_budget_usd
  prod_pack          = var.redis_prod_pack
}

module "vectors" {
  source = "../../modules/vectors"

  name                          = var.name
  cloud_region                  = var.region
  nodes                         = var.qdrant_nodes
  node_memory                   = var.qdrant_node_memory
  self_hosted_url               = var.qdrant_url
  self_hosted_api_key           = var.qdrant_api_key
  self_hosted_read_only_api_key = var.qdrant_read_only_api_key
}

module "edge" {
  source = "../../modules/edge"

  account_id    = var.cloudflare_account_id
  zone_id       = var.cloudflare_zone_id
  name          = var.name
  hostname      = var.hostname
  release       = var.release
  bundle_dir    = "${path.module}/../../../dist/worker"
  assets_dir    = "${path.module}/../../../playground/dist"
  wrangler_toml = "${path.module}/../../../wrangler.toml"
  variables     = var.worker_variables

  pictures_location = var.pictures_location

  origins                  = [for name, o in local.origins : { id = name, url = "https://${o.hostname}", region = o.region }]
  redis_url                = module.cache.url
  redis_token              = module.cache.token
  qdrant_url               = module.vectors.url
  qdrant_read_only_api_key = module.vectors.read_only_api_key
  backend_secret           = var.backend_secret
  admin_token              = var.admin_token
  key_pepper               = var.key_pepper
  otlp_headers             = var.otlp_headers
}
