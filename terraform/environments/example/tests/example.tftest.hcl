# The whole of it, with terraform.tfvars.example's values. Needs all four providers for their schemas, and no account.

mock_provider "aws" {
  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:eu-west-1:111122223333:certificate/00000000-0000-0000-0000-000000000000"
      domain_validation_options = [{
        domain_name           = "sightline-backend.example.com"
        resource_record_name  = "_proof.sightline-backend.example.com."
        resource_record_type  = "CNAME"
        resource_record_value = "_value.acm-validations.aws."
      }]
    }
  }
  mock_resource "aws_acm_certificate_validation" {
    defaults = { certificate_arn = "arn:aws:acm:eu-west-1:111122223333:certificate/00000000-0000-0000-0000-000000000000" }
  }
}

mock_provider "aws" {
  alias = "second"
}

mock_provider "cloudflare" {
  mock_data "cloudflare_ip_ranges" {
    defaults = { ipv4_cidrs = ["173.245.48.0/20"] }
  }
}

mock_provider "upstash" {}

mock_provider "qdrant-cloud" {}

variables {
  name                     = "sightline-test"
  release                  = "4f2c1ab"
  hostname                 = "sightline.example.com"
  cloudflare_account_id    = "0123456789abcdef0123456789abcdef"
  cloudflare_zone_id       = "0123456789abcdef0123456789abcdef"
  region                   = "eu-west-1"
  continent                = "europe"
  availability_zones       = ["eu-west-1a", "eu-west-1b"]
  redis_region             = "eu-west-1"
  redis_monthly_budget_usd = 100
  pictures_location        = "weur"
  min_replicas             = 1
  max_replicas             = 4
  qdrant_url               = "https://qdrant.example.com"
  qdrant_api_key           = "manage"
  qdrant_read_only_api_key = "read"
  backend_secret           = "0123456789abcdef0123456789abcdef"
  admin_token              = "0123456789abcdef0123456789abcdef"
  key_pepper               = "0123456789abcdef0123456789abcdef"
}

run "one_region" {
  command = plan

  assert {
    condition     = { for name, r in cloudflare_dns_record.backend : name => r.name } == { first = "sightline-backend.example.com" } && cloudflare_dns_record.backend["first"].proxied
    error_message = "One backend, one label below the zone, behind Cloudflare."
  }

  assert {
    condition     = output.url == "https://sightline.example.com"
    error_message = "The API's address comes out."
  }
}

run "two_regions" {
  command = plan

  variables {
    second_region             = "us-east-1"
    second_continent          = "north-america"
    second_availability_zones = ["us-east-1a", "us-east-1b"]
  }

  assert {
    condition     = cloudflare_dns_record.backend["second"].name == "sightline-backend-2.example.com" && length(module.backend_second) == 1
    error_message = "A second backend with a name of its own."
  }
}

run "other_machines" {
  command = plan

  variables {
    machines = { instance_types = ["g6e.xlarge"], spot_percentage = 0 }
  }

  assert {
    condition     = output.url == "https://sightline.example.com"
    error_message = "What is not named is the module's default."
  }
}

run "half_a_second_region" {
  command = plan

  variables {
    second_region             = "us-east-1"
    second_availability_zones = ["us-east-1a", "us-east-1b"]
  }

  expect_failures = [var.second_continent]
}
