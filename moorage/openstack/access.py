"""How a project of a cloud is reached: by five settings, or an entry of clouds.yaml."""

from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from moorage.config import Settings
from moorage.kit.i18n import Text
from moorage.openstack.port import Refused, misconfigured


@dataclass(frozen=True, slots=True)
class Access:
    """cloud: the entry of clouds.yaml; the others count when it is empty."""

    auth_url: str
    username: str
    password: str = field(repr=False)
    project_id: str
    user_domain_name: str
    cloud: str = ""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return what the settings say."""
        return cls(
            auth_url=settings.openstack_auth_url,
            username=settings.openstack_username,
            password=settings.openstack_password.get_secret_value(),
            project_id=settings.openstack_project_id,
            user_domain_name=settings.openstack_user_domain_name,
            cloud=settings.openstack_cloud,
        )

    @property
    def missing(self) -> list[str]:
        """The settings that are needed and not there, by the names of their variables."""
        if self.cloud:
            return []
        given = {
            "AUTH_URL": self.auth_url,
            "USERNAME": self.username,
            "PASSWORD": self.password,
            "PROJECT_ID": self.project_id,
            "USER_DOMAIN_NAME": self.user_domain_name,
        }
        return [name for name, value in given.items() if not value]

    def check(self) -> None:
        """Raise Refused with all that is missing, and when Keystone's address is none."""
        if missing := self.missing:
            raise Refused(
                Text(
                    "Required parameters for keystone auth was not provided: {names}",
                    names=", ".join(missing),
                )
            )
        if not (self.cloud or _is_http(self.auth_url)):
            raise misconfigured(Text("AUTH_URL is no http:// or https:// address"))

    def arguments(self) -> dict[str, Any]:  # Any: openstack.connect's own
        """Return what openstack.connect takes."""
        if self.cloud:
            return {"cloud": self.cloud}
        return {
            "load_yaml_config": False,
            "load_envvars": False,
            "auth_type": "password",
            "auth": {
                "auth_url": self.auth_url,
                "username": self.username,
                "password": self.password,
                "project_id": self.project_id,
                "user_domain_name": self.user_domain_name,
            },
        }


def _is_http(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
