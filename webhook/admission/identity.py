"""The right to have an object resolved as a ServiceAccount: for users who may act as it without the webhook.

The values that Vault gives to a ServiceAccount are in the answer to a dry run already, so that is checked too.
"""

from vaultkube.apiserver.access import Right
from vaultkube.errors import Refused
from webhook.admission.needs import AccessReview, Steps
from webhook.admission.review import AdmissionRequest, shortened

_USER_LENGTH = 128


def check_identity(request: AdmissionRequest, account: str, check: str) -> Steps[None]:
    """Return if the user who sends the object may act as the ServiceAccount, by `OBJECT_IDENTITY_CHECK`, else raise Refused.

    Nothing is remembered: a right that has been revoked does not count at the next admission.
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
    """Return the right that lets a user act as the ServiceAccount: by a pod that runs as it, or by a token of it."""
    if check == "pods":
        return Right("create", "pods", namespace)
    return Right("create", "serviceaccounts", namespace, "token", account)
