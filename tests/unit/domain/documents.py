"""JSON values of every shape, for property tests."""

from hypothesis import strategies as st

INTEGER_MIN, INTEGER_MAX = -(2**63), 2**64 - 1

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(INTEGER_MIN, INTEGER_MAX),
    st.floats(),
    st.text(),
    st.sampled_from(["$number", "nan", "inf"]),
)
names = st.one_of(st.text(), st.sampled_from(["$number", "a", "b"]))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=4)),
    max_leaves=12,
)
documents = st.dictionaries(names, values, max_size=4)
