"""The messages of the driver's interface for providers, package v1alpha1, as descriptions for `protobuf`.

https://github.com/kubernetes-sigs/secrets-store-csi-driver/blob/main/provider/v1alpha1/service.proto
"""

from vaultcsi.serving.protobuf import Description, Field

SERVICE = "v1alpha1.CSIDriverProvider"
INTERFACE = "v1alpha1"

VERSION_REQUEST: Description = {1: Field("version", str)}
VERSION_RESPONSE: Description = {
    1: Field("version", str),
    2: Field("runtime_name", str),
    3: Field("runtime_version", str),
}
OBJECT_VERSION: Description = {1: Field("id", str), 2: Field("version", str)}
MOUNT_REQUEST: Description = {
    1: Field("attributes", str),
    2: Field("secrets", str),
    3: Field("target_path", str),
    4: Field("permission", str),
    5: Field("current_object_version", OBJECT_VERSION, repeated=True),
}
FILE: Description = {1: Field("path", str), 2: Field("mode", int), 3: Field("contents", bytes)}
ERROR: Description = {1: Field("code", str)}
MOUNT_RESPONSE: Description = {
    1: Field("object_version", OBJECT_VERSION, repeated=True),
    2: Field("error", ERROR),
    3: Field("files", FILE, repeated=True),
}
