# Who may talk to whom: Cloudflare → load balancer → replicas → the few ports that they need outside.

locals {
  backend_port = 8788
  # What the backend fetches image URLs from (PUBLIC_PORTS in gpu-backend/src/media/fetch-image.ts), and Qdrant. Logs and
  # secrets are the ECS agent's affair.
  outbound_ports = toset([for port in distinct([80, 443, 8080, 8443, var.qdrant_port]) : tostring(port)])
}

# One object for all ranges: a change of Cloudflare's list is one change here.
resource "aws_ec2_managed_prefix_list" "cloudflare" {
  name           = "${var.name}-cloudflare"
  address_family = "IPv4"
  # The quota of rules in a security group counts this number, not the entries.
  max_entries = max(20, length(var.cloudflare_ipv4_cidrs))

  dynamic "entry" {
    for_each = var.cloudflare_ipv4_cidrs

    content {
      cidr        = entry.value
      description = "Cloudflare"
    }
  }
}

resource "aws_security_group" "load_balancer" {
  name_prefix = "${var.name}-lb-"
  description = "HTTPS from Cloudflare"
  vpc_id      = local.vpc_id

  tags = { Name = "${var.name}-load-balancer" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "load_balancer" {
  security_group_id = aws_security_group.load_balancer.id
  description       = "HTTPS from Cloudflare"
  prefix_list_id    = aws_ec2_managed_prefix_list.cloudflare.id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "load_balancer" {
  security_group_id            = aws_security_group.load_balancer.id
  description                  = "Replicas"
  referenced_security_group_id = aws_security_group.replica.id
  ip_protocol                  = "tcp"
  from_port                    = local.backend_port
  to_port                      = local.backend_port
}

resource "aws_security_group" "replica" {
  name_prefix = "${var.name}-replica-"
  description = "The backend's tasks"
  vpc_id      = local.vpc_id

  tags = { Name = "${var.name}-replica" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "replica" {
  security_group_id            = aws_security_group.replica.id
  description                  = "Load balancer"
  referenced_security_group_id = aws_security_group.load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = local.backend_port
  to_port                      = local.backend_port
}

resource "aws_vpc_security_group_egress_rule" "replica" {
  for_each = local.outbound_ports

  security_group_id = aws_security_group.replica.id
  description       = "Image URLs, Qdrant, AWS"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = tonumber(each.key)
  to_port           = tonumber(each.key)
}

resource "aws_security_group" "instance" {
  name_prefix = "${var.name}-instance-"
  description = "GPU instances: nobody connects to them"
  vpc_id      = local.vpc_id

  tags = { Name = "${var.name}-instance" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_egress_rule" "instance" {
  security_group_id = aws_security_group.instance.id
  description       = "ECS, ECR, logs"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
