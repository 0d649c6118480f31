import pytest

from adrs.program import Program, parse

MARKED = "import x\n# EVOLVE-BLOCK-START\na = 1\n# EVOLVE-BLOCK-END\nb = 2\n"


def test_hash_is_of_the_text_and_meaning_is_not():
    plain, commented = (
        Program("def f(x):\n    return x+1\n"),
        Program('def f(x):\n    """Say."""\n    return x + 1  # add\n'),
    )
    assert plain.hash != commented.hash
    assert plain.meaning == commented.meaning
    assert plain.meaning != Program("def f(x):\n    return x+2\n").meaning


def test_meaning_of_what_does_not_parse_is_its_hash():
    broken = Program("def f(:")
    assert broken.meaning == broken.hash
    assert broken.size == 0


def test_a_function_that_is_only_a_docstring_has_a_meaning():
    assert Program('def f():\n    """Say."""\n').meaning == Program("def f():\n    pass\n").meaning


@pytest.mark.parametrize("source", ["x = '\\d'\n", "1 is 1\n"])
def test_parsing_is_silent(source):
    assert parse(source).body


@pytest.mark.parametrize("source", ["a\0b", "(" * 5000 + ")" * 5000, "x = " + "-" * 200_000 + "1"])
def test_what_cannot_be_parsed_is_a_syntax_error(source):
    with pytest.raises(SyntaxError):
        parse(source)


def test_markers_keep_what_is_outside():
    original = Program(MARKED)
    assert Program(MARKED.replace("a = 1", "a = 7\nc = 3")).keeps(original)
    assert not Program(MARKED.replace("b = 2", "b = 3")).keeps(original)
    assert not Program(MARKED.replace("# EVOLVE-BLOCK-END\n", "")).keeps(original)
    assert not Program("a = 7\n").keeps(original)
    assert Program("anything").keeps(Program("a = 1\n"))


def test_markers_out_of_order_are_refused():
    with pytest.raises(ValueError, match="alternate"):
        _ = Program("# EVOLVE-BLOCK-END\n# EVOLVE-BLOCK-START\n").frozen
