# Scaling on queue depth: a collector in each task reads the backend's /metrics and sends one gauge to CloudWatch.
# The gauge `sightline_queue_depth`: entries that wait in this replica, over all models and lanes (docs/telemetry.md).

locals {
  has_queue_depth   = var.queue_depth != null
  metrics_namespace = "Sightline/${var.name}"
  queue_metric      = "sightline_queue_depth"

  collector_config = {
    receivers = {
      prometheus = {
        config = {
          scrape_configs = [{
            job_name        = "backend"
            scrape_interval = "15s"
            static_configs  = [{ targets = ["127.0.0.1:${local.backend_port}"], labels = { service = var.name } }]
            metric_relabel_configs = [{
              source_labels = ["__name__"]
              regex         = local.queue_metric
              action        = "keep"
            }]
          }]
        }
      }
    }
    exporters = {
      awsemf = {
        namespace      = local.metrics_namespace
        log_group_name = local.has_queue_depth ? aws_cloudwatch_log_group.metrics[0].name : ""
        # One series for all replicas: CloudWatch takes the average over them itself.
        dimension_rollup_option = "NoDimensionRollup"
        metric_declarations     = [{ dimensions = [["service"]], metric_name_selectors = ["^${local.queue_metric}$"] }]
      }
    }
    service = {
      pipelines = { metrics = { receivers = ["prometheus"], exporters = ["awsemf"] } }
    }
  }

  collector_containers = local.has_queue_depth ? [{
    name  = "collector"
    image = var.queue_depth.collector_image
    # The backend goes on without it.
    essential              = false
    memoryReservation      = 128
    memory                 = 256
    readonlyRootFilesystem = true
    environment            = [{ name = "AOT_CONFIG_CONTENT", value = yamlencode(local.collector_config) }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        "awslogs-group"         = aws_cloudwatch_log_group.backend.name
        "awslogs-region"        = data.aws_region.current.name
        "awslogs-stream-prefix" = "collector"
      }
    }
  }] : []
}

resource "aws_cloudwatch_log_group" "metrics" {
  count = local.has_queue_depth ? 1 : 0

  name              = "/sightline/${var.name}/metrics"
  retention_in_days = 1
}

resource "aws_appautoscaling_policy" "queue_depth" {
  count = local.has_queue_depth ? 1 : 0

  name               = "${var.name}-queue-depth"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.replicas.service_namespace
  resource_id        = aws_appautoscaling_target.replicas.resource_id
  scalable_dimension = aws_appautoscaling_target.replicas.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = var.queue_depth.target
    scale_out_cooldown = 120
    scale_in_cooldown  = 600

    customized_metric_specification {
      namespace   = local.metrics_namespace
      metric_name = local.queue_metric
      statistic   = "Average"

      dimensions {
        name  = "service"
        value = var.name
      }
    }
  }
}
