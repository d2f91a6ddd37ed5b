"""JSON Schema: which schemas are usable, and how a breach reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.json import JSON, pointer
from holdfast.schema import MAX_PROBLEMS, JsonSchemas

PERSON: JSON = {
    "type": "object",
    "required": ["email"],
    "additionalProperties": False,
    "properties": {
        "email": {"type": "string", "format": "email"},
        "age": {"type": ["integer", "null"], "minimum": 3},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 3}},
    },
}


def told(schema: JSON, value: JSON) -> dict[str, str]:
    schemas = JsonSchemas()
    assert schemas.check_is_schema(schema) == []
    return {pointer(path): message for path, message in schemas.check(schema, value)}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"email": "ada@example.com", "age": None, "tags": []}, {}),
        ({}, {"email": "is required"}),
        (
            {"e_mail": "ada@example.com", "age": "x"},
            {
                "e_mail": "is not a known key; did you mean email?",
                "email": "is required",
                "age": "must be null or a whole number",
            },
        ),
        ({"email": "ada"}, {"email": "must be an email address"}),
        ({"email": "a@b.c", "age": 1}, {"age": "must be at least 3"}),
        (
            {"email": "a@b.c", "tags": ["a", "abcd", 1]},
            {"tags[1]": "must have at most 3 characters", "tags[2]": "must be a string"},
        ),
        ([], {"": "must be an object"}),
    ],
)
def test_breaches_are_told_by_place_in_plain_words(value: JSON, expected: dict[str, str]) -> None:
    assert told(PERSON, value) == expected


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        ({"format": "uri"}, "not a uri", "must be an absolute URI such as https://example.com/a"),
        ({"format": "date-time"}, "yesterday", "must be a time in RFC 3339 such as 2026-01-31T09:30:00Z"),
        ({"format": "uuid"}, "x", "must be a UUID"),
        ({"format": "ipv4"}, "x", "must have the format ipv4"),
        ({"enum": ["a", None, True, 1]}, "b", "must be one of a, null, true, 1"),
        ({"const": [1]}, "b", "must be [1]"),
        ({"pattern": "^[a-z]+$"}, "B", "must match the pattern ^[a-z]+$"),
        ({"multipleOf": 3}, 4, "must be a multiple of 3"),
        ({"uniqueItems": True}, [1, 1], "must not hold the same item twice"),
        ({"not": {"type": "string"}}, "x", "is not allowed in this form"),
        (False, 1, "is not allowed"),
        ({"oneOf": [{"type": "string"}, {"type": "array"}]}, 3, "must be a string or a list"),
        ({"anyOf": [{"type": "string", "minLength": 2}, {"type": "array"}]}, "a", "must have at least 2 characters"),
        ({"oneOf": [{"type": "string"}, {"type": "string"}]}, "a", "fits more than one of the allowed forms"),
        (
            {"anyOf": [{"minLength": 2}, {"pattern": "x"}]},
            "a",
            "fits none of the allowed forms: it must have at least 2 characters; or it must match the pattern x",
        ),
        ({"type": "string", "x-holdfast-message": "a name, please"}, 1, "a name, please"),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"minimum": 2}}}, 1, "must be at least 2"),
    ],
)
def test_sentences(schema: JSON, value: JSON, message: str) -> None:
    assert told(schema, value) == {"": message}


def test_a_message_never_holds_the_value() -> None:
    secret = "s3cr3t-value"
    schema: JSON = {
        "properties": {
            "a": {"type": "integer"},
            "b": {"enum": ["x"]},
            "c": {"pattern": "^x$"},
            "d": {"format": "email"},
            "e": {"anyOf": [{"const": 1}, {"maxLength": 1}]},
            "f": {"not": {}},
            "g": {"contains": {"const": 1}},
        }
    }
    value: JSON = {**dict.fromkeys("abcdef", secret), "g": [secret]}
    messages = told(schema, value)
    assert set(messages) == set("abcdefg")
    assert secret not in str(messages)


@pytest.mark.parametrize(
    ("schema", "path", "message"),
    [
        ({"type": "objekt"}, "type", "must be one of array, boolean"),
        ({"properties": 3}, "properties", "must be an object"),
        ({"$ref": "https://example.com/schema"}, "", "another document"),
        ({"$ref": "file:///etc/passwd"}, "", "another document"),
        ({"$ref": "#/$defs/nowhere"}, "", "leads nowhere"),
        ({"properties": {"a": {"pattern": "(?=a)b"}}}, "properties.a.pattern", "linear time"),
        ({"pattern": r"(a)\1"}, "pattern", "linear time"),
        ({"pattern": "("}, "pattern", "linear time"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "$schema", "only draft 2020-12"),
        ("text", "", "expected an object or a boolean"),
        (None, "", "expected an object or a boolean"),
    ],
)
def test_an_unusable_schema_is_told_why(schema: JSON, path: str, message: str) -> None:
    problems = {pointer(at): told for at, told in JsonSchemas().check_is_schema(schema)}
    assert message in problems[path]


def test_a_schema_nested_without_end_is_refused() -> None:
    schema: JSON = {}
    for _ in range(1_000):
        schema = {"properties": {"a": schema}}
    assert JsonSchemas().check_is_schema(schema) != []


def test_a_pattern_that_would_explode_elsewhere_is_linear_here() -> None:
    assert told({"pattern": "^(a+)+$"}, "a" * 5_000 + "b") == {"": "must match the pattern ^(a+)+$"}


def test_the_number_of_problems_is_bounded() -> None:
    schema: JSON = {"items": {"type": "string"}}
    assert len(JsonSchemas().check(schema, [1] * 1_000)) == MAX_PROBLEMS


def test_a_schema_is_compiled_once_and_many_schemas_are_no_problem() -> None:
    schemas = JsonSchemas()
    for number in range(2_500):
        assert schemas.check({"minimum": number}, number - 1) == [((), f"must be at least {number}")]


def ladder(steps: int, keyword: str = "allOf") -> JSON:
    """A schema in which every step refers to the next one twice."""
    rungs: JSON = {f"a{n}": {keyword: [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(steps)}
    assert isinstance(rungs, dict)
    return {"$ref": "#/$defs/a0", "$defs": {**rungs, f"a{steps}": {"type": "integer"}}}


def test_references_that_multiply_are_refused() -> None:
    assert told(ladder(5), 1) == {}
    for keyword in ("allOf", "anyOf", "oneOf"):
        [(_, message)] = JsonSchemas().check_is_schema(ladder(40, keyword))
        assert "more than 10000 rules" in message


def test_a_schema_that_leads_back_to_itself_for_the_same_value_is_refused() -> None:
    schemas: list[JSON] = [{"$ref": "#"}, {"allOf": [{"$ref": "#"}] * 2}, {"not": {"anyOf": [{"$ref": "#"}]}}]
    for schema in schemas:
        [(_, message)] = JsonSchemas().check_is_schema(schema)
        assert "leads back to itself" in message


def nested(depth: int) -> JSON:
    value: JSON = {}
    for _ in range(depth):
        value = {"a": value}
    return value


def test_a_tree_may_refer_to_itself() -> None:
    tree: JSON = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#"}}},
    }
    assert told(tree, {"children": [{"children": [{"name": 1}]}]}) == {
        "children[0].children[0].name": "must be a string"
    }


def test_a_schema_that_branches_with_every_level_judges_only_so_many() -> None:
    twice: JSON = {"properties": {"a": {"allOf": [{"$ref": "#"}, {"$ref": "#"}]}}, "type": "object"}
    schemas = JsonSchemas()
    assert schemas.check_is_schema(twice) == []
    assert schemas.check(twice, nested(5)) == []
    assert "nested deeper than" in schemas.check(twice, nested(60))[0][1]


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"$id": "https://example.com/a"}}},
        {"$dynamicRef": "#a"},
        {"$ref": "#a", "$defs": {"a": {"$anchor": "a"}}},
    ],
)
def test_other_ways_to_refer_are_refused(schema: JSON) -> None:
    assert JsonSchemas().check_is_schema(schema) != []


@pytest.mark.parametrize(
    ("schema", "value", "path", "message"),
    [
        ({"items": {"type": "string"}}, [*["a"] * 200_000, 1], "[200000]", "must be a string"),
        ({"items": {"type": "string"}}, [1] * 200_000, "[0]", "must be a string"),
        ({"required": ["email"]}, {"list": [1] * 200_000}, "email", "is required"),
        (
            {"properties": {"rows": {"items": {"$ref": "#/$defs/row"}}}, "$defs": {"row": {"required": ["id"]}}},
            {"rows": [*[{"id": 1}] * 50_000, {}]},
            "rows[50000].id",
            "is required",
        ),
        (
            {"additionalProperties": False, "properties": {"a": {}}},
            {"a": [1] * 50_000, "b": 1},
            "b",
            "is not a known key",
        ),
        (
            {"anyOf": [{"items": {"type": "string"}}, {"items": {"type": "null"}}]},
            [1] * 200_000,
            "",
            "too large to say",
        ),
    ],
)
def test_the_first_breach_of_a_large_value_is_found(schema: JSON, value: JSON, path: str, message: str) -> None:
    breaches = told(schema, value)
    assert list(breaches) == [path]
    assert message in breaches[path]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["type", "items", "email", "properties", "$ref", "anyOf"]), inner, max_size=3
            )
        ),
        max_leaves=8,
    )
)
def test_whatever_is_given_is_judged(value: JSON) -> None:
    schemas = JsonSchemas()
    assert isinstance(schemas.check(PERSON, value), list)
    if schemas.check_is_schema(value) == []:
        assert isinstance(schemas.check(value, {"email": 1}), list)
