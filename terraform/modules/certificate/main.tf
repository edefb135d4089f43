# A certificate for a load balancer, proven by DNS at Cloudflare, in the region of the given AWS provider.

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
  }
}

variable "hostname" {
  type = string
}

variable "zone_id" {
  description = "Cloudflare's zone that holds the name."
  type        = string
}

resource "aws_acm_certificate" "this" {
  domain_name       = var.hostname
  validation_method = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

locals {
  # One name, one record. ACM writes names with the root's dot, Cloudflare without.
  proof = one(aws_acm_certificate.this.domain_validation_options)
}

resource "cloudflare_dns_record" "proof" {
  zone_id = var.zone_id
  name    = trimsuffix(local.proof.resource_record_name, ".")
  type    = local.proof.resource_record_type
  content = trimsuffix(local.proof.resource_record_value, ".")
  ttl     = 300
  proxied = false
}

resource "aws_acm_certificate_validation" "this" {
  certificate_arn         = aws_acm_certificate.this.arn
  validation_record_fqdns = [local.proof.resource_record_name]

  depends_on = [cloudflare_dns_record.proof]
}

output "arn" {
  description = "Known once the certificate is issued."
  value       = aws_acm_certificate_validation.this.certificate_arn
}
