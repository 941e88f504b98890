"""Encoding of protocol buffers, for messages with fields of text, bytes, int32 or messages, each described by a table.

The encoding is https://protobuf.dev/programming-guides/encoding/. For five small messages the library is too large: it
would double the code that the provider loads on each node.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_FIXED_BYTES = {_FIXED64: 8, _FIXED32: 4}
_LONGEST_VARINT = 10

Message = dict[str, Any]


class Field(NamedTuple):
    """A field of a message: str, bytes, int, or the description of another message; once or repeated."""

    name: str
    kind: "type[str] | type[bytes] | type[int] | Description"
    repeated: bool = False


Description = Mapping[int, Field]
"""The fields of a message by their numbers."""


class NotProtobuf(ValueError):
    """Bytes are no message of the description; the error text quotes none of them."""


def encode(description: Description, message: Mapping[str, Any]) -> bytes:
    """Return the encoded message, without fields that are absent or have the default of proto3."""
    out = bytearray()
    for number, field in description.items():
        value = message.get(field.name)
        items = value or () if field.repeated else (value,) if value else ()
        for item in items:
            _append(out, number, field, item)
    return bytes(out)


def decode(description: Description, data: bytes) -> Message:
    """Return the decoded message, absent fields with their defaults; raise NotProtobuf.

    Unknown fields are skipped, as later versions of the interface may have them.
    """
    message: Message = {field.name: _default(field) for field in description.values()}
    for number, wire_type, value in _fields(data):
        field = description.get(number)
        if field is None:
            continue
        if (wire_type == _VARINT) is not (field.kind is int):
            raise NotProtobuf(f"field {field.name} has another type")
        item = _item(field, value)
        if field.repeated:
            message[field.name].append(item)
        else:
            message[field.name] = item
    return message


def _append(out: bytearray, number: int, field: Field, item: Any) -> None:
    if field.kind is int:
        out += _varint(number << 3 | _VARINT) + _varint(item & (1 << 64) - 1)
        return
    raw = (
        item.encode("utf-8", "replace")
        if field.kind is str
        else item
        if field.kind is bytes
        else encode(field.kind, item)  # type: ignore[arg-type]  # the description of a message
    )
    out += _varint(number << 3 | _LENGTH) + _varint(len(raw)) + raw


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _default(field: Field) -> Any:
    if field.repeated:
        return []
    return field.kind() if isinstance(field.kind, type) else None


def _fields(data: bytes) -> Iterator[tuple[int, int, Any]]:
    """Yield the number, wire type and value (an integer or bytes) of each field."""
    offset = 0
    while offset < len(data):
        tag, offset = _read_varint(data, offset)
        wire_type = tag & 7
        if wire_type == _VARINT:
            value, offset = _read_varint(data, offset)
            yield tag >> 3, wire_type, value
            continue
        if wire_type == _LENGTH:
            size, offset = _read_varint(data, offset)
        elif wire_type in _FIXED_BYTES:
            size = _FIXED_BYTES[wire_type]
        else:
            raise NotProtobuf("a field has an unknown wire type")
        if offset + size > len(data):
            raise NotProtobuf("the message is cut off")
        yield tag >> 3, wire_type, data[offset : offset + size]
        offset += size


def _read_varint(data: bytes, offset: int) -> tuple[int, int]:
    number = 0
    for place, byte in enumerate(data[offset : offset + _LONGEST_VARINT]):
        number |= (byte & 127) << 7 * place
        if byte < 128:
            return number, offset + place + 1
    raise NotProtobuf("a number is cut off or too long")


def _item(field: Field, value: Any) -> Any:
    if field.kind is int:
        return value - (1 << 64) if value >> 63 else value
    if field.kind is bytes:
        return value
    if field.kind is not str:
        return decode(field.kind, value)  # type: ignore[arg-type]  # the description of a message
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise NotProtobuf(f"field {field.name} is not UTF-8") from None
