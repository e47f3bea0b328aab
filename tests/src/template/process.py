# Prints a SAM template as CloudFormation gets it, as JSON, by what the SAM CLI itself reads and translates it with.
import json
import sys

from samcli.lib.translate.sam_template_validator import SamTemplateValidator
from samcli.yamlhelper import yaml_parse


class Offline:
    # The template names no managed policy; SAM's loader would ask IAM for all of them.
    def load(self):
        return {}


with open(sys.argv[1], encoding="utf-8") as file:
    template = yaml_parse(file.read())
required = {name: name for name, it in template.get("Parameters", {}).items() if "Default" not in it}
validator = SamTemplateValidator(template, Offline(), region="us-east-1", parameter_overrides=required)
json.dump(yaml_parse(validator.get_translated_template_if_valid()), sys.stdout)
