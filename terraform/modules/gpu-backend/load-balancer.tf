# HTTPS in, and only to replicas whose models answer.

resource "aws_lb" "this" {
  name               = var.name
  load_balancer_type = "application"
  subnets            = local.public_subnet_ids
  security_groups    = [aws_security_group.load_balancer.id]

  # The worker gives a call 30 s; a connection that it keeps may rest a little longer.
  idle_timeout               = 60
  drop_invalid_header_fields = true
  enable_deletion_protection = var.deletion_protection
}

# There is no listener on port 80: who comes without TLS gets no answer, not even a redirect.
resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  certificate_arn   = var.certificate_arn
  # TLS 1.2 with forward secrecy and AEAD, and 1.3.
  ssl_policy = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"

  # What the worker calls, see below, and nothing else: metrics are asked for inside the VPC.
  default_action {
    type = "fixed-response"

    fixed_response {
      status_code  = "404"
      content_type = "text/plain"
    }
  }
}

# The internal API, every call of which is signed, and readiness, which the worker's own /readyz asks for.
resource "aws_lb_listener_rule" "internal_api" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 1

  condition {
    path_pattern {
      values = ["/internal/*", "/readyz"]
    }
  }

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.replicas.arn
  }
}

resource "aws_lb_target_group" "replicas" {
  name        = var.name
  vpc_id      = local.vpc_id
  target_type = "ip"
  port        = local.backend_port
  protocol    = "HTTP"

  # Calls differ a hundredfold in work, so turns are unfair.
  load_balancing_algorithm_type = "least_outstanding_requests"
  # As long as a call may last.
  deregistration_delay = 30

  health_check {
    path                = "/readyz"
    matcher             = "200"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}
