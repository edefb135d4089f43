# Needs Cloudflare's provider for its schemas, and no account.

# Plans only: an apply could not be cleaned up, since the bucket must not be destroyed.

mock_provider "cloudflare" {
  override_during = plan

  mock_resource "cloudflare_worker_version" {
    defaults = { id = "version-1" }
  }
}

variables {
  account_id               = "0123456789abcdef0123456789abcdef"
  zone_id                  = "0123456789abcdef0123456789abcdef"
  name                     = "sightline-test"
  hostname                 = "sightline.example.com"
  release                  = "4f2c1ab"
  bundle_dir               = "tests/fixture"
  assets_dir               = "tests/fixture"
  wrangler_toml            = "../../../wrangler.toml"
  pictures_location        = "enam"
  variables                = { DEFAULT_MODEL = "clip-vit-base-patch32" }
  origins                  = [{ id = "first", url = "https://sightline-backend.example.com", region = "europe" }]
  redis_url                = "https://redis.example"
  redis_token              = "redis-token"
  qdrant_url               = "https://qdrant.example"
  qdrant_read_only_api_key = "read-only"
  backend_secret           = "0123456789abcdef0123456789abcdef"
  admin_token              = "0123456789abcdef0123456789abcdef"
  key_pepper               = "0123456789abcdef0123456789abcdef"
}

run "binds_what_the_worker_needs" {
  command = plan

  assert {
    condition = toset([for b in cloudflare_worker_version.this.bindings : b.name if b.type == "secret_text"]) == toset(
      ["ADMIN_TOKEN", "BACKEND_SECRET", "KEY_PEPPER", "QDRANT_API_KEY", "REDIS_TOKEN"]
    )
    error_message = "Every secret is bound as one."
  }

  assert {
    condition = alltrue([
      for b in cloudflare_worker_version.this.bindings : !contains(["redis-token", "read-only", var.backend_secret], b.text) if b.type == "plain_text"
    ])
    error_message = "No secret is plain text."
  }

  assert {
    condition = { for b in cloudflare_worker_version.this.bindings : b.name => b.text if contains(["BACKEND_ORIGINS", "DEFAULT_MODEL", "QDRANT_URL", "ENVIRONMENT"], b.name) } == {
      BACKEND_ORIGINS = jsonencode([{ id = "first", region = "europe", url = "https://sightline-backend.example.com", weight = 1 }])
      DEFAULT_MODEL   = "clip-vit-base-patch32"
      ENVIRONMENT     = "production"
      QDRANT_URL      = "https://qdrant.example"
    }
    error_message = "Variables are wrangler.toml's, those given instead, and the addresses."
  }

  assert {
    condition     = one([for b in cloudflare_worker_version.this.bindings : b.bucket_name if b.type == "r2_bucket"]) == "sightline-test-pictures" && one([for b in cloudflare_worker_version.this.bindings : b.name if b.type == "assets"]) == "ASSETS"
    error_message = "The bucket for pictures and the page are bound."
  }

  assert {
    condition     = toset([for m in cloudflare_worker_version.this.modules : "${m.name} ${m.content_type}"]) == toset(["worker.js application/javascript+module", "_headers text/plain"])
    error_message = "The page's headers go up beside the code."
  }

  assert {
    condition     = one([for b in cloudflare_worker_version.this.bindings : b.dataset if b.name == "ANALYTICS"]) == "sightline_requests"
    error_message = "The data points have their dataset."
  }

  assert {
    condition     = !cloudflare_worker.this.subdomain.enabled && !cloudflare_worker.this.subdomain.previews_enabled
    error_message = "The worker has no other name than its own."
  }

  assert {
    condition     = one(cloudflare_workers_deployment.this.versions).version_id == "version-1"
    error_message = "The new version is what runs."
  }
}

run "sends_spans_with_a_secret" {
  command = plan

  variables {
    otlp_headers = "authorization=secret"
  }

  assert {
    condition     = one([for b in cloudflare_worker_version.this.bindings : b.type if b.name == "OTEL_EXPORTER_OTLP_HEADERS"]) == "secret_text"
    error_message = "The headers of the receiver of spans are bound as a secret."
  }
}

run "does_without_qdrant" {
  command = plan

  variables {
    qdrant_url               = null
    qdrant_read_only_api_key = null
  }

  assert {
    condition     = length([for b in cloudflare_worker_version.this.bindings : b if startswith(b.name, "QDRANT_")]) == 0
    error_message = "Without Qdrant the worker hears nothing of it, and asks the backend."
  }
}

run "refuses" {
  command = plan

  variables {
    account_id     = "example"
    zone_id        = "example.com"
    hostname       = "https://sightline.example.com"
    bundle_dir     = "tests"
    assets_dir     = "tests"
    origins        = [{ id = "first", url = "http://backend.example.com", region = "eu" }]
    backend_secret = "short"
    admin_token    = "short"
    key_pepper     = "short"
  }

  expect_failures = [
    var.account_id, var.zone_id, var.hostname, var.bundle_dir, var.assets_dir, var.origins, var.backend_secret,
    var.admin_token, var.key_pepper,
  ]
}
