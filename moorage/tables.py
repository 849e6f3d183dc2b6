"""The whole schema: every room's rows, for migrations and tests."""

from moorage.audit import models as audit
from moorage.idempotency import models as idempotency
from moorage.identity import models as identity
from moorage.instances import models as instances
from moorage.inventory import models as inventory
from moorage.kit.db import Base
from moorage.operations import models as operations

ROOMS = (audit, idempotency, identity, instances, inventory, operations)
METADATA = Base.metadata
