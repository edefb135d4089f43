variable "account_id" {
  type = string

  validation {
    condition     = can(regex("^[0-9a-f]{32}$", var.account_id))
    error_message = "account_id: the 32 hexadecimal digits of a Cloudflare account."
  }
}

variable "zone_id" {
  type = string

  validation {
    condition     = can(regex("^[0-9a-f]{32}$", var.zone_id))
    error_message = "zone_id: the 32 hexadecimal digits of a Cloudflare zone."
  }
}

variable "name" {
  description = "Of the worker."
  type        = string
}

variable "hostname" {
  description = "Under which clients call the API, e.g. api.example.com."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9-]+\\.)+[a-z]{2,}$", var.hostname))
    error_message = "hostname: a name such as api.example.com, without a scheme."
  }
}

variable "release" {
  description = "What the version is called in Cloudflare's dashboard, e.g. the commit."
  type        = string
}

variable "bundle_dir" {
  description = "Holds worker.js, made by `npx wrangler deploy --dry-run --outdir <it>`."
  type        = string

  validation {
    condition     = fileexists("${var.bundle_dir}/worker.js")
    error_message = "bundle_dir: no worker.js there; run `npx wrangler deploy --dry-run --outdir <bundle_dir>` first."
  }
}

variable "assets_dir" {
  description = "The built page (playground/dist)."
  type        = string

  validation {
    condition     = fileexists("${var.assets_dir}/index.html") && fileexists("${var.assets_dir}/_headers")
    error_message = "assets_dir: no index.html and _headers there; build the page first."
  }
}

variable "wrangler_toml" {
  description = "Path of wrangler.toml, which says the rest about the worker."
  type        = string
}

variable "variables" {
  description = "Instead of those in wrangler.toml, e.g. { DEFAULT_MODEL = \"clip-vit-base-patch32\" }."
  type        = map(string)
  default     = {}
}

variable "origins" {
  description = "The backends: BACKEND_ORIGINS."
  type = list(object({
    id     = string
    url    = string
    region = string
    weight = optional(number, 1)
  }))

  validation {
    condition     = length(var.origins) > 0 && length(distinct(var.origins[*].id)) == length(var.origins)
    error_message = "origins: at least one, each with an id of its own."
  }

  validation {
    condition     = alltrue([for o in var.origins : startswith(o.url, "https://")])
    error_message = "origins: addresses begin with https://."
  }

  validation {
    condition     = alltrue([for o in var.origins : contains(["africa", "asia", "europe", "north-america", "oceania", "south-america"], o.region)])
    error_message = "origins: a region is africa, asia, europe, north-america, oceania or south-america."
  }
}

variable "redis_url" {
  description = "Upstash's REST address."
  type        = string
}

variable "qdrant_url" {
  description = "Where searches go by themselves; null: they ask the backend."
  type        = string
  default     = null
}

# Secrets of the worker. They end in the state, which the providers of Redis and Qdrant fill with theirs in any case: keep
# it encrypted and away from people (terraform/README.md).

variable "redis_token" {
  type      = string
  sensitive = true
}

variable "qdrant_read_only_api_key" {
  type      = string
  default   = null
  sensitive = true
}

variable "backend_secret" {
  description = "The same as the backend's."
  type        = string
  sensitive   = true

  validation {
    condition     = length(var.backend_secret) >= 32
    error_message = "backend_secret: at least 32 bytes."
  }
}

variable "admin_token" {
  description = "Of the operator API."
  type        = string
  sensitive   = true

  validation {
    condition     = length(var.admin_token) >= 32
    error_message = "admin_token: at least 32 bytes."
  }
}

variable "key_pepper" {
  description = "Keys the digests under which API keys are stored. Another one makes every API key unknown."
  type        = string
  sensitive   = true

  validation {
    condition     = length(var.key_pepper) >= 32
    error_message = "key_pepper: at least 32 bytes."
  }
}

variable "otlp_headers" {
  description = "Of the receiver of spans, name=value,… percent-encoded; its address is OTEL_EXPORTER_OTLP_ENDPOINT in `variables`."
  type        = string
  default     = null
  sensitive   = true
}

variable "pictures_location" {
  description = "Where the bucket shall lie: apac, eeur, enam, weur, wnam or oc. Fixed once made."
  type        = string

  validation {
    condition     = contains(["apac", "eeur", "enam", "oc", "weur", "wnam"], var.pictures_location)
    error_message = "pictures_location: apac, eeur, enam, oc, weur or wnam."
  }
}
