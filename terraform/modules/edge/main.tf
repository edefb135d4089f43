# The worker on Cloudflare: its code as a version, the deployment of it, the bucket for pictures, the public name.
# Attributes are those of provider 5.22.0. Queues for bulk jobs are not here: the worker has no consumer yet.

terraform {
  required_version = ">= 1.11.0"

  required_providers {
    cloudflare = {
      source = "cloudflare/cloudflare"
      # Exact: the schemas of version 5 still move between minor releases.
      version = "5.22.0"
    }
  }
}

module "config" {
  source = "../worker-config"

  wrangler_toml = var.wrangler_toml
}

locals {
  variables = merge(
    module.config.variables,
    var.variables,
    { BACKEND_ORIGINS = jsonencode(var.origins), REDIS_URL = var.redis_url },
    var.qdrant_url == null ? {} : { QDRANT_URL = var.qdrant_url },
  )

  secrets = merge(
    {
      ADMIN_TOKEN    = var.admin_token
      BACKEND_SECRET = var.backend_secret
      KEY_PEPPER     = var.key_pepper
      REDIS_TOKEN    = var.redis_token
    },
    var.qdrant_url == null ? {} : { QDRANT_API_KEY = var.qdrant_read_only_api_key },
    nonsensitive(var.otlp_headers == null) ? {} : { OTEL_EXPORTER_OTLP_HEADERS = var.otlp_headers },
  )
}

resource "cloudflare_r2_bucket" "pictures" {
  account_id = var.account_id
  name       = "${var.name}-pictures"
  location   = var.pictures_location

  lifecycle {
    # The only copy of the tenants' pictures.
    prevent_destroy = true
  }
}

resource "cloudflare_worker" "this" {
  account_id = var.account_id
  name       = var.name

  observability = {
    enabled = true
  }

  # Reached by its own name only.
  subdomain = {
    enabled          = false
    previews_enabled = false
  }
}

resource "cloudflare_worker_version" "this" {
  account_id         = var.account_id
  worker_id          = cloudflare_worker.this.id
  compatibility_date = module.config.compatibility_date
  main_module        = "worker.js"

  annotations = {
    workers_tag = var.release
  }

  modules = [
    {
      name         = "worker.js"
      content_type = "application/javascript+module"
      content_file = "${var.bundle_dir}/worker.js"
    },
    # The page's security headers: only as a module are they more than a file that is served.
    {
      name         = "_headers"
      content_type = "text/plain"
      content_file = "${var.assets_dir}/_headers"
    },
  ]

  assets = {
    directory = var.assets_dir
    config = {
      run_worker_first = module.config.run_worker_first
    }
  }

  bindings = concat(
    [
      { name = "ASSETS", type = "assets" },
      { name = "PICTURES", type = "r2_bucket", bucket_name = cloudflare_r2_bucket.pictures.name },
      { name = "ANALYTICS", type = "analytics_engine", dataset = "sightline_requests" },
    ],
    [for name in sort(keys(local.variables)) : { name = name, type = "plain_text", text = local.variables[name] }],
    [for name in sort(keys(local.secrets)) : { name = name, type = "secret_text", text = local.secrets[name] }],
  )
}

resource "cloudflare_workers_deployment" "this" {
  account_id  = var.account_id
  script_name = cloudflare_worker.this.name
  strategy    = "percentage"

  versions = [{
    version_id = cloudflare_worker_version.this.id
    percentage = 100
  }]
}

resource "cloudflare_workers_custom_domain" "this" {
  account_id = var.account_id
  zone_id    = var.zone_id
  hostname   = var.hostname
  service    = cloudflare_worker.this.name

  depends_on = [cloudflare_workers_deployment.this]
}
