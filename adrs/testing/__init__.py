"""What tests of adrs and of its extensions share: sample values, and a conformance suite for each protocol.

A conformance suite is a pytest class. Subclass it beside your implementation and give the fixture that it names:

    class TestMySearch(SearchConformance):
        @pytest.fixture
        def make_search(self) -> Callable[[Problem], Search]:
            return MySearch
"""
