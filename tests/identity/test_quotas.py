"""How much a user may have."""

import pytest

from moorage.identity.models import User
from moorage.identity.quotas import Quota, check_quota, quota_of
from moorage.kit.errors import QuotaExceeded

DEFAULT = Quota(instances=100, memory_mib=0)


def test_the_default_holds_for_a_user_without_a_quota_of_its_own() -> None:
    assert quota_of(User(), default=DEFAULT) == DEFAULT


def test_a_quota_of_its_own_comes_first_even_when_it_is_nothing() -> None:
    user = User(quota_instances=0, quota_memory_mib=512)

    assert quota_of(user, default=DEFAULT) == Quota(instances=0, memory_mib=512)


def test_the_last_one_below_the_limit_is_allowed() -> None:
    check_quota(in_use=2, reserved=1, limit=4, what="instances")


def test_one_above_the_limit_is_refused_with_the_figures() -> None:
    with pytest.raises(QuotaExceeded, match="quota of instances") as refused:
        check_quota(in_use=2, reserved=2, limit=4, what="instances")

    figures = (refused.value.in_use, refused.value.reserved, refused.value.limit)
    assert figures == (2, 2, 4)


def test_a_large_order_counts_for_what_it_asks() -> None:
    check_quota(in_use=512, reserved=0, asked=512, limit=1024, what="memory (MiB)")

    with pytest.raises(QuotaExceeded, match="513 asked for"):
        check_quota(in_use=512, reserved=0, asked=513, limit=1024, what="memory (MiB)")
