# What an operator must hear of. docs/operations/deployment.md says what to do.

locals {
  load_balancer_dimensions = { LoadBalancer = aws_lb.this.arn_suffix }
  target_dimensions        = merge(local.load_balancer_dimensions, { TargetGroup = aws_lb_target_group.replicas.arn_suffix })

  metric_alarms = merge(
    {
      slow = {
        description = "p95 of the answers above 5 s for 3 minutes"
        namespace   = "AWS/ApplicationELB"
        metric      = "TargetResponseTime"
        dimensions  = local.target_dimensions
        statistic   = null
        percentile  = "p95"
        comparison  = "GreaterThanThreshold"
        threshold   = 5
        minutes     = 3
        missing     = "notBreaching"
      }
      no-gpu-instance = {
        description = "ECS has waited 20 minutes for an instance: the zones have none of these types, or the account's quota is used up"
        namespace   = "AWS/ECS/ManagedScaling"
        metric      = "CapacityProviderReservation"
        dimensions  = { ClusterName = aws_ecs_cluster.this.name, CapacityProviderName = aws_ecs_capacity_provider.gpu.name }
        statistic   = "Minimum"
        percentile  = null
        comparison  = "GreaterThanThreshold"
        threshold   = 100
        minutes     = 20
        missing     = "notBreaching"
      }
    },
    # A service that may sleep has no ready replica now and then.
    local.may_sleep == 1 ? {} : {
      no-ready-replica = {
        description = "No replica has been ready for 2 minutes"
        namespace   = "AWS/ApplicationELB"
        metric      = "HealthyHostCount"
        dimensions  = local.target_dimensions
        statistic   = "Maximum"
        percentile  = null
        comparison  = "LessThanThreshold"
        threshold   = 1
        minutes     = 2
        missing     = "breaching"
      }
    },
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.metric_alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  extended_statistic  = each.value.percentile
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  period              = 60
  evaluation_periods  = each.value.minutes
  treat_missing_data  = each.value.missing
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${var.name}-errors"
  alarm_description   = "More than a tenth of the calls failed, for 2 minutes"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 10
  evaluation_periods  = 2
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions

  metric_query {
    id          = "percentage"
    label       = "Failed calls, %"
    expression  = "IF(calls > 0, 100 * (FILL(failed, 0) + FILL(broken, 0) + FILL(late, 0)) / calls)"
    return_data = true
  }

  dynamic "metric_query" {
    # Also what the load balancer itself answers for a replica that crashes or hangs; its 503 is the sleeping service's.
    for_each = {
      calls  = "RequestCount"
      failed = "HTTPCode_Target_5XX_Count"
      broken = "HTTPCode_ELB_502_Count"
      late   = "HTTPCode_ELB_504_Count"
    }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/ApplicationELB"
        metric_name = metric_query.value
        dimensions  = local.load_balancer_dimensions
        stat        = "Sum"
        period      = 60
      }
    }
  }
}
