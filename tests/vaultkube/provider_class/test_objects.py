"""`objects` of a SecretProviderClass: read as Go reads them, with every problem at once, within bounds."""

import time

import pytest

from vaultkube.provider_class.objects import SecretObject, parse_objects


def parsed(text: str) -> SecretObject:
    objects, problems = parse_objects(text)
    assert not problems
    return objects[0]


def problems(text: str) -> list[str]:
    return [problem.message for problem in parse_objects(text)[1]]


def one(fields: str) -> str:
    return f"- {{objectName: o, secretPath: p/q, {fields}}}"


def test_all_fields_are_read() -> None:
    text = """
    - objectName: cert
      secretPath: pki/issue/web?x=1
      secretKey: certificate
      method: POST
      secretArgs: {common_name: a.example.com, ttl: 24h}
      filePermission: 0400
      encoding: base64
    """
    assert parsed(text) == SecretObject(
        "cert",
        "pki/issue/web?x=1",
        "certificate",
        "POST",
        '{"common_name":"a.example.com","ttl":"24h"}',
        0o400,
        "base64",
    )


@pytest.mark.parametrize("text", ["yes", "007", "1.50", "true", "2024-01-01", "'x'", '"x"'])
def test_a_text_field_has_the_text_that_is_written(text: str) -> None:
    assert parsed(one(f"secretKey: {text}")).key == text.strip("'\"")


@pytest.mark.parametrize("written", ["0600", "0o600", '"0600"', "384", "0x180", "0b110000000", "'0o600'"])
def test_permissions_are_read_in_every_spelling_of_go(written: str) -> None:
    assert parsed(one(f"filePermission: {written}")).permission == 0o600


@pytest.mark.parametrize("written", ["600", "0888", "u=rw", "-1", "01000", "[6]"])
def test_other_permissions_are_refused(written: str) -> None:
    assert "filePermission" in problems(one(f"filePermission: {written}"))[0]


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("{a: yes, b: true, c: ~, d: null}", '{"a":"yes","b":true,"c":null,"d":null}'),
        ("{a: 1, b: 0o10, c: 010, d: 1.5, e: 1e3, f: '1'}", '{"a":1,"b":8,"c":8,"d":1.5,"e":1000,"f":"1"}'),
        ('{b: "<&>", a: [1, {x: y}]}', r'{"a":[1,{"x":"y"}],"b":"\u003c\u0026\u003e"}'),
        ("{1: x}", '{"1":"x"}'),
        ("{a: !!str 24, b: !!str null, c: !!int 24}", '{"a":"24","b":"null","c":24}'),
        ("{a: 0x_, b: 0o_, c: 0B11, d: 08}", '{"a":"0x_","b":"0o_","c":3,"d":8}'),
        ("{a: 1_0, b: +_1, c: .2_5, d: 1e_1, e: _1}", '{"a":10,"b":1,"c":0.25,"d":10,"e":"_1"}'),
        (
            "{a: 18446744073709551615, b: 18446744073709551616}",
            '{"a":18446744073709551615,"b":18446744073709552000}',
        ),
        (
            "{a: 2030-1-02, b: 2030-01-02 3:4:5.60}",
            '{"a":"2030-01-02T00:00:00Z","b":"2030-01-02T03:04:05.6Z"}',
        ),
        (
            "{a: 2030-01-02t03:04:05+01:00, b: 2030-01-02T03:04:05-00:00, c: '2030-01-02', d: 2030-02-30}",
            '{"a":"2030-01-02T03:04:05+01:00","b":"2030-01-02T03:04:05Z","c":"2030-01-02","d":"2030-02-30"}',
        ),
        ("{a: 2030-01-02T03:04:05, b: 20300-01-02}", '{"a":"2030-01-02T03:04:05","b":"20300-01-02"}'),
        ("{<<: {x: 1, y: 1}, x: 2}", '{"x":2,"y":1}'),
        ("{<<: [{x: 1}, {x: 2, y: 2}], '<<': z}", r'{"\u003c\u003c":"z","x":1,"y":2}'),
        ("", "null"),
    ],
)
def test_arguments_are_sent_as_go_writes_them(written: str, sent: str) -> None:
    assert parsed(one(f"secretArgs: {written}")).arguments == sent


@pytest.mark.parametrize(
    ("path", "request_path"),
    [
        ("/v1/secret/data/a", "secret/data/a"),
        ("v1/secret/data/a?version=2", "secret/data/a"),
        ("secret//data/./a/", "secret/data/a"),
        ("v1x/a", "v1x/a"),
    ],
)
def test_a_path_is_requested_without_prefix_and_double_slashes(path: str, request_path: str) -> None:
    request = parsed(f"- {{objectName: o, secretPath: '{path}'}}").request
    assert (request.method, request.path) == ("GET", request_path)


def test_objects_of_one_request_share_it() -> None:
    text = """
    - {objectName: a, secretPath: p/q, secretKey: x}
    - {objectName: b, secretPath: /v1/p/q, secretKey: y}
    - {objectName: c, secretPath: p/q, secretArgs: {a: 1}}
    """
    first, second, third = (each.request for each in parse_objects(text)[0])
    assert first == second != third


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {objectName: o, secretPath: p, secretkey: k}", "did you mean secretKey?"),
        ("- {objectName: o, secretPath: p, objectAlias: k}", "'objectAlias' is not a field of an object"),
        ("- {objectName: o}", "secretPath is missing"),
        ("- {secretPath: p}", "objectName is missing"),
        ("- {objectName: o, objectName: p, secretPath: p}", "objectName is there twice"),
        ("- {objectName: /o, secretPath: p}", "must be a file name"),
        ("- {objectName: a/../o, secretPath: p}", "must not have a part that"),
        ("- {objectName: ..o, secretPath: p}", "must not have a part that"),
        ("- {objectName: [o], secretPath: p}", "objectName must be a text"),
        (f"- {{objectName: {'o' * 256}, secretPath: p}}", "more than 255 bytes"),
        ("- {objectName: o, secretPath: ../p}", "leads out of Vault's tree"),
        ("- {objectName: o, secretPath: ''}", "the path is empty"),
        ("- {objectName: o, secretPath: 'p?a=1;version=2'}", "write & between parameters"),
        ("- {objectName: o, secretPath: 'p?a=100%'}", "%25 for a percent sign"),
        ("- {objectName: o, secretPath: p, method: DELETE}", "must be one of GET, LIST, POST, PUT"),
        ("- {objectName: o, secretPath: p, encoding: utf8}", "must be one of utf-8, base64, hex"),
        ("- {objectName: o, secretPath: p, secretArgs: [a]}", "must be a mapping"),
        ("- {objectName: o, secretPath: p, secretArgs: {a: 1e999}}", "too large"),
        (f"- {{objectName: o, secretPath: p, secretArgs: {{a: {'1' * 5000}}}}}", "too large"),
        ("- {objectName: o, secretPath: p, secretArgs: {a: {b: 1, b: 2}}}", "secretArgs has 'b' twice"),
        ("- {objectName: o, secretPath: p, secretArgs: {a: !!binary aGk=}}", "has a tag of YAML"),
        ("- {objectName: o, secretPath: p, secretKey: !!binary aGk=}", "secretKey has a tag of YAML"),
        ("- {objectName: o, secretPath: p, secretKey: !own ~}", "secretKey has a tag of YAML"),
        ("- {objectName: o, secretPath: p, secretArgs: {a: .nan}}", "a number that JSON does not have"),
        ("- {objectName: o, secretPath: p, secretArgs: {a: -.Inf}}", "a number that JSON does not have"),
        ("- {objectName: o, secretPath: p, secretArgs: {~: 1}}", "secretArgs has null as a key"),
        ("- {objectName: o, secretPath: p, secretArgs: {<<: 1}}", "something else than mappings"),
        ("- {objectName: o, secretPath: p, <<: {}, <<: {}}", "has << twice"),
        ("- {objectName: o, secretPath: p, secretArgs: {a: *b}}", "has an alias of nothing"),
        ("- {objectName: o, secretPath: p}\n---\n- {}", "has a second YAML document"),
        ('- {objectName: o, secretPath: "\ud800"}', "is no YAML"),
        (f"- {{objectName: {'a/' * 600}a, secretPath: p}}", "must not have more than 1024 bytes"),
        ("- o", "must be a mapping"),
        ("o: p", "names no object"),
        ("", "names no object"),
        ("- {", "is no YAML (line "),
        ("- !!python/object/apply:os.system {objectName: o}", "secretPath is missing"),
    ],
)
def test_a_malformed_object_is_a_problem_with_its_remedy(text: str, message: str) -> None:
    assert message in problems(text)[0]


def test_an_entry_may_merge_the_fields_of_another_one() -> None:
    text = """
    - &first {objectName: a, secretPath: p/q, secretKey: x, filePermission: 0600}
    - {<<: *first, objectName: b, secretKey: y}
    - {<<: [{secretKey: z}, *first], "objectName": c}
    """
    objects, wrong = parse_objects(text)
    assert not wrong
    assert [(one.name, one.path, one.key, one.permission) for one in objects] == [
        ("a", "p/q", "x", 0o600),
        ("b", "p/q", "y", 0o600),
        ("c", "p/q", "z", 0o600),
    ]


def test_files_cannot_collide() -> None:
    text = "\n".join(f"- {{objectName: {name}, secretPath: p}}" for name in ("a", "b", "a", "b/c"))
    assert problems(text) == [
        "objects[0]: objectName 'a' is there twice",
        "objects[3]: objectName 'b/c' needs a folder where another file is",
    ]


def test_all_problems_of_all_objects_are_reported() -> None:
    assert len(problems("- {objectName: .., secretPath: .., method: X}\n- {}\n")) == 5


LEVELS = "".join(f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 9)}]\n" for level in range(1, 9))


@pytest.mark.timed
@pytest.mark.parametrize(
    "text",
    [
        "- {objectName: o, secretPath: p, secretArgs: {\n"
        + "l0: &l0 [x]\n,".join(["", ""])
        + LEVELS.replace("\n", ",\n")
        + "}}",
        "- {objectName: o, secretPath: p, secretArgs: &a {x: *a}}",
        "- {objectName: o, secretPath: p, secretArgs: {x: " + "[" * 40 + "]" * 40 + "}}",
        "[" * 100_000,
        "- " * 50_000,
        "x" * (1 << 20) + "x",
        "\n".join(f"- {{objectName: o{number}, secretPath: p}}" for number in range(2001)),
        "[" * 1_000_000,
        "[" + "a," * 500_000 + "]",
        "- {" + ",".join(f"k{number}: 1" for number in range(80_000)) + "}",
        f"- {{objectName: {'a/' * 500_000}a, secretPath: p}}",
        f"- {{objectName: o, secretPath: p, secretArgs: {{x: &x {'y' * 500_000}, l: [{'*x,' * 2_000}]}}}}",
        f"- &o {{objectName: o, secretPath: p, secretArgs: {{l: [{'a,' * 9_000}]}}}}\n" + "- *o\n" * 1_999,
        f"- &o {{{','.join(f'k{number}: 1' for number in range(9_000))}}}\n" + "- {<<: *o}\n" * 1_999,
    ],
    ids=[
        "aliases",
        "cycle",
        "deep",
        "brackets",
        "dashes",
        "long",
        "many",
        "more brackets",
        "flat",
        "fields",
        "folders",
        "repeated text",
        "repeated objects",
        "merged",
    ],
)
def test_a_hostile_text_is_refused_quickly(text: str) -> None:
    began = time.process_time()
    found = problems(text)
    assert found
    assert time.process_time() - began < 2
    assert max(map(len, found)) < 400


@pytest.mark.timed
def test_only_the_first_of_many_problems_are_reported() -> None:
    text = "\n".join(f"- {{{', '.join(f'k{field}: 1' for field in range(100))}}}" for _ in range(100))
    began = time.process_time()
    assert len(problems(text)) == 500
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "field", ["filePermission", "secretPath: ../", "method", "encoding", "objectName: ../"]
)
def test_a_message_quotes_the_beginning_of_a_long_value(field: str) -> None:
    name, _, start = field.partition(": ")
    assert all(len(message) < 400 for message in problems(f"- {{{name}: {start}{'u' * 100_000}}}"))


def test_a_thousand_objects_are_read() -> None:
    text = "\n".join(f"- {{objectName: o{number}, secretPath: p/{number}}}" for number in range(1000))
    objects, wrong = parse_objects(text)
    assert (len(objects), wrong) == (1000, [])
