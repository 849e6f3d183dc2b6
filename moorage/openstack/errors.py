"""What openstacksdk and keystoneauth raise → our kinds of error.

Clouds put some of the meaning into text: a used-up quota and a forbidden action are both a 403.
"""

from keystoneauth1.exceptions import (
    ClientException,
    ConnectTimeout,
    MissingAuthPlugin,
    OptionError,
    Unauthorized,
)
from openstack.exceptions import ConfigException, HttpException, SDKException
from yaml import YAMLError

from moorage.kit.errors import Conflict, Invalid, MoorageError, NotFound
from moorage.kit.i18n import Text
from moorage.openstack.port import (
    OverQuota,
    Refused,
    Unreachable,
    is_no_room,
    misconfigured,
    too_slow,
)

# What is wrong with the text of an answer that we cannot read.
UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)

_KINDS: dict[int, type[MoorageError]] = {
    400: Invalid,
    403: Refused,
    404: NotFound,
    409: Conflict,
    413: OverQuota,
}
_MISCONFIGURED = (ConfigException, MissingAuthPlugin, OptionError, YAMLError)


def cloud_error(error: SDKException | ClientException | YAMLError) -> MoorageError:
    """Return the error that an exception means."""
    if isinstance(error, HttpException) and error.status_code:
        return _of_status(error.status_code, str(error.details or error.message))
    if isinstance(error, Unauthorized):
        return _not_let_in(str(error))
    if isinstance(error, ConnectTimeout):
        return too_slow(str(error))
    if isinstance(error, _MISCONFIGURED):
        return misconfigured(str(error), detail=repr(error))
    return Unreachable(
        Text("The cloud does not answer; try again in a moment."), detail=repr(error)
    )


def unreadable(error: Exception) -> Unreachable:
    """Return what to tell when an answer is none of OpenStack's."""
    return Unreachable(Text("The cloud's answer makes no sense."), detail=repr(error))


def _of_status(status: int, reason: str) -> MoorageError:
    detail = f"HTTP {status}: {reason}"
    if status == 401:
        return _not_let_in(detail)
    if status in (403, 409) and is_no_room(reason):
        return OverQuota(reason, detail=detail)
    kind = _KINDS.get(status)
    if kind is not None:
        return kind(reason, detail=detail)
    return Unreachable(Text("The cloud failed; its log says why."), detail=detail)


def _not_let_in(detail: str) -> Refused:
    return Refused(Text("Invalid keystone credentials provided"), detail=detail)
