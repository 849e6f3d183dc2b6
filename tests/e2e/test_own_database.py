"""The service keeps its own rows in a PostgreSQL; here in one that Moorage made."""

import pytest

from .clients import log_in
from .conftest import NewService
from .service import Client

pytestmark = pytest.mark.engine


def test_a_service_works_on_a_postgres_of_another_service(
    owner: Client, new_service: NewService
) -> None:
    store = owner.order("postgres", {"POSTGRES_DB": "moorage"})
    service = new_service(DATABASE_URL=store["url"])
    customer = service.user()

    made = customer.order("redis")
    log_in(made["url"])
    service.stop()
    service.start()

    assert customer.show(made["id"]) == made | {"is_running": True}
    assert service.rows("SELECT count(*) FROM instances") == [(1,)]
    assert not (service.data_dir / "moorage.db").exists()
    customer.remove(made["id"])
    assert service.engine.all() == []
