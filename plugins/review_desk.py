"""The review desk as a page of Airflow's: behind its log-in, under the name that is signed in there."""

from airflow.api_fastapi.core_api.security import GetUserDep
from airflow.plugins_manager import AirflowPlugin

from inspectorate import desk_app


def signed_in(user: GetUserDep) -> str:
    """The sign-in name; GetUserDep answers 401 to whoever has none."""
    return str(user.get_name())


class ReviewDesk(AirflowPlugin):
    """`/desk`, and its entry in the menu."""

    name = "review_desk"
    fastapi_apps = [{"app": desk_app.make(signed_in), "url_prefix": "/desk", "name": "复核台"}]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        {"name": "复核台", "href": "/desk/", "destination": "nav", "category": "browse", "url_route": "desk"}
    ]
