"""Never answers. Rejected: a call has a time limit."""


def priority(t, p, d, mask, P, n):
    while True:
        pass
