"""Writes a template as the local AWS takes it: without alarms on metric math, which it does not have. And without a right, if one is named.

Arguments: the template, where to write, and perhaps a function's logical id and an action of its role. Prints as JSON the alarms that
were left out, and how many statements the right was taken from.
"""

import json
import sys

from samcli.yamlhelper import yaml_dump, yaml_parse

source, target, *right = sys.argv[1:]
with open(source, encoding="utf-8") as file:
    template = yaml_parse(file.read())
resources = template["Resources"]


def is_math(resource):
    return resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]


def take(function, action):
    """Takes an action from a function's role. Gives from how many statements."""
    role = resources[function]["Properties"]["Role"]["Fn::GetAtt"][0]
    changed = 0
    for policy in resources[role]["Properties"]["Policies"]:
        kept = []
        for statement in policy["PolicyDocument"]["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            rest = [it for it in actions if it != action]
            changed += rest != actions
            if rest:
                kept.append({**statement, "Action": rest})
        policy["PolicyDocument"]["Statement"] = kept
    return changed


left_out = [name for name, resource in resources.items() if is_math(resource)]
for name in left_out:
    del resources[name]
taken = take(*right) if right else 0
with open(target, "w", encoding="utf-8") as file:
    file.write(yaml_dump(template))
json.dump({"left_out": left_out, "taken": taken}, sys.stdout)
