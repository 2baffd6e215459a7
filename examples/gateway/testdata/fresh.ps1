# An organisation as setup leaves it.
