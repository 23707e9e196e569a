"""What stands in place of a number: `null` alone is never or infinite, NA is a number that there is none of."""


class NotApplicable:
    """`null` whose field's name is in `not_applicable`: nothing to tell, or nobody observed it."""

    def __repr__(self):
        return "not applicable"


NA = NotApplicable()


def known(*values):
    """Whether none of them is not applicable."""
    return all(value is not NA for value in values)


def share(part, whole):
    """part / whole, not applicable of nothing."""
    return part / whole if whole else NA
