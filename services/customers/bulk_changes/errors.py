"""What bulk changes refuse."""

from chassis.errors import Invalid


class UnclearOrder(Invalid):
    """An order says which customers, and one thing at least that is to be different."""

    slug, title = "unclear-order", "It is not clear which customers are to be changed, or how"
