# The replicas: one task is one backend with one GPU.

locals {
  container = "backend"
  image     = "${aws_ecr_repository.backend.repository_url}:${var.image_tag}"

  # ECS stops a task once the load balancer has let go of it. Whoever else stops one gives no notice: calls are taken a
  # little longer. The drain may take as long as a call, then the backend gives up by itself; ECS waits for all of that.
  drain_delay_seconds    = 5
  shutdown_grace_seconds = 35

  environment = merge(
    # int8 is for CPUs; the built-in models have nothing else.
    { EXECUTION_PROVIDERS = "cuda", MODEL_VARIANTS = "fp16,fp32,int8" },
    var.settings,
    {
      HOST              = "0.0.0.0"
      PORT              = tostring(local.backend_port)
      DRAIN_DELAY_MS    = tostring(local.drain_delay_seconds * 1000)
      SHUTDOWN_GRACE_MS = tostring(local.shutdown_grace_seconds * 1000)
      VECTOR_STORE      = "qdrant"
      QDRANT_URL        = var.qdrant_url
    },
  )

  backend_container = {
    name      = local.container
    image     = local.image
    essential = true

    portMappings         = [{ containerPort = local.backend_port, protocol = "tcp" }]
    resourceRequirements = [{ type = "GPU", value = "1" }]
    environment          = [for name in sort(keys(local.environment)) : { name = name, value = local.environment[name] }]
    secrets = [
      { name = "BACKEND_SECRET", valueFrom = aws_secretsmanager_secret.backend.arn },
      { name = "QDRANT_API_KEY", valueFrom = aws_secretsmanager_secret.qdrant.arn },
    ]

    user                   = "65532:65532"
    readonlyRootFilesystem = true
    linuxParameters = {
      capabilities = { drop = ["ALL"] }
      # libvips and CUDA's cache of compiled kernels.
      tmpfs = [{ containerPath = "/tmp", size = 1024, mountOptions = ["nosuid", "nodev"] }]
    }

    stopTimeout = local.drain_delay_seconds + local.shutdown_grace_seconds + 10
    # ECS does not read an image's HEALTHCHECK. Alive only: whether it is ready is the load balancer's question.
    healthCheck = {
      command     = ["CMD", "node", "gpu-backend/image/health-check.mjs"]
      interval    = 10
      timeout     = 5
      retries     = 3
      startPeriod = 30
    }

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        "awslogs-group"         = aws_cloudwatch_log_group.backend.name
        "awslogs-region"        = data.aws_region.current.name
        "awslogs-stream-prefix" = "replica"
        # A slow CloudWatch must not stop the backend; what does not fit into the buffer is lost.
        "mode"            = "non-blocking"
        "max-buffer-size" = "4m"
      }
    }
  }
}

resource "aws_cloudwatch_log_group" "backend" {
  name              = "/sightline/${var.name}/backend"
  retention_in_days = var.log_retention_days
}

resource "aws_ecs_task_definition" "backend" {
  family                   = var.name
  requires_compatibilities = ["EC2"]
  # An address and a firewall of its own for each replica.
  network_mode       = "awsvpc"
  cpu                = var.task_cpu
  memory             = var.task_memory_mib
  execution_role_arn = aws_iam_role.execution.arn
  task_role_arn      = aws_iam_role.task.arn

  runtime_platform {
    cpu_architecture        = "X86_64"
    operating_system_family = "LINUX"
  }

  container_definitions = jsonencode(concat([local.backend_container], local.collector_containers))
}

resource "aws_ecs_service" "backend" {
  name            = var.name
  cluster         = aws_ecs_cluster.this.id
  task_definition = aws_ecs_task_definition.backend.arn
  desired_count   = var.min_replicas

  # From start to ready: the image's layers, checksums of the models, the warm-up.
  health_check_grace_period_seconds  = 600
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  # A secret's new value is read by new tasks only.
  triggers             = { secrets_version = var.secrets_version }
  force_new_deployment = true
  # An apply ends when the new replicas serve, or fails when ECS has gone back: what calls them is changed after that.
  wait_for_steady_state = true

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  capacity_provider_strategy {
    capacity_provider = aws_ecs_capacity_provider.gpu.name
    base              = 1
    weight            = 1
  }

  ordered_placement_strategy {
    type  = "spread"
    field = "attribute:ecs.availability-zone"
  }

  network_configuration {
    subnets         = local.private_subnet_ids
    security_groups = [aws_security_group.replica.id]
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.replicas.arn
    container_name   = local.container
    container_port   = local.backend_port
  }

  lifecycle {
    # The scaling policies' affair.
    ignore_changes = [desired_count]
  }

  depends_on = [
    aws_ecs_cluster_capacity_providers.this,
    aws_iam_role_policy.execution,
    aws_iam_role_policy.instance,
    aws_lb_listener_rule.internal_api,
    aws_secretsmanager_secret_version.backend,
    aws_secretsmanager_secret_version.qdrant,
  ]
}
