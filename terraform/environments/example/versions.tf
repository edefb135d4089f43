terraform {
  required_version = ">= 1.11.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
    cloudflare = {
      source  = "cloudflare/cloudflare"
      version = "5.22.0"
    }
    upstash = {
      source  = "upstash/upstash"
      version = "~> 2.0"
    }
    qdrant-cloud = {
      source  = "qdrant/qdrant-cloud"
      version = "~> 1.28"
    }
  }

  # The state holds the worker's secrets. An encrypted bucket with a lock of its own:
  #   terraform init -backend-config=state.config        (terraform/README.md says what is in it)
  backend "s3" {
    key          = "sightline/example.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = { Project = "sightline", Environment = var.name }
  }
}

# Of the second region. Where there is none it is configured and never asked.
provider "aws" {
  alias  = "second"
  region = coalesce(var.second_region, var.region)

  default_tags {
    tags = { Project = "sightline", Environment = var.name }
  }
}

# Tokens come from the environment: CLOUDFLARE_API_TOKEN, UPSTASH_EMAIL, UPSTASH_API_KEY, QDRANT_CLOUD_API_KEY,
# QDRANT_CLOUD_ACCOUNT_ID, and AWS's usual ways.
provider "cloudflare" {}
provider "upstash" {}
provider "qdrant-cloud" {}
