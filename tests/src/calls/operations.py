"""What botocore knows of services: JSON of `{service: {"target": prefix, "operations": [..]}}`. Arguments: names as in endpoints.

`target` is the first half of the header `x-amz-target`; a service without it is called in another way.
"""

import json
import sys

import botocore.session

session = botocore.session.get_session()


def known(service):
    model = session.get_service_model(service)
    return {"target": model.metadata.get("targetPrefix"), "operations": model.operation_names}


json.dump({service: known(service) for service in sys.argv[1:]}, sys.stdout)
