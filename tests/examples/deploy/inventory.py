"""All that the account holds of what a stack of ours makes. Prints a sorted list of `kind name` as JSON."""

import json
import sys

import boto3

KINDS = [
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("lambda", "list_event_source_mappings", "EventSourceMappings", "UUID"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("sqs", "list_queues", "QueueUrls", None),
    ("apigatewayv2", "get_apis", "Items", "ApiId"),
    ("events", "list_rules", "Rules", "Name"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("logs", "describe_metric_filters", "metricFilters", "filterName"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ("secretsmanager", "list_secrets", "SecretList", "ARN"),
    ("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    ("rds", "describe_db_clusters", "DBClusters", "DBClusterIdentifier"),
]


def held(service, operation, key, name):
    client = boto3.client(service)
    pages = client.get_paginator(operation).paginate() if client.can_paginate(operation) else [getattr(client, operation)()]
    items = (item for page in pages for item in page.get(key, []))
    return {f"{service} {key} {item[name] if name else item}" for item in items}


json.dump(sorted(set().union(*(held(*kind) for kind in KINDS))), sys.stdout)
