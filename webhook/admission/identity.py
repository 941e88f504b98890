"""The right to have an object resolved as a ServiceAccount: for users who could act as it without the webhook too.

The answer to a dry run already contains the values that Vault gives to a ServiceAccount, so dry runs are checked too.
"""

from vaultkube.apiserver.access import Right
from vaultkube.errors import Refused
from webhook.admission.needs import AccessReview, Steps
from webhook.admission.review import AdmissionRequest, shortened

_USER_LENGTH = 128


def check_identity(request: AdmissionRequest, account: str, check: str) -> Steps[None]:
    """Return if the user may act as the ServiceAccount, by `OBJECT_IDENTITY_CHECK`, else raise Refused.

    The user is the one who sends the object. Nothing is cached: a right that has been revoked does not count at the
    next admission.
    """
    if check == "off":
        return
    right = _right(check, request.namespace, account)
    if not (yield AccessReview(request.user_info, right)):
        user = shortened(str(request.user_info.get("username") or ""), _USER_LENGTH)
        raise Refused(
            f"user {user!r} may not {right}, and so may not read Vault as its ServiceAccount {account}; get that "
            f"right, or have a user with that right apply the object (the operator's OBJECT_IDENTITY_CHECK is {check})"
        )


def _right(check: str, namespace: str, account: str) -> Right:
    """Return the right that lets a user act as the ServiceAccount: to create pods that run as it, or tokens for it."""
    if check == "pods":
        return Right("create", "pods", namespace)
    return Right("create", "serviceaccounts", namespace, "token", account)
