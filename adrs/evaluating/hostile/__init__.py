"""The hostile suite: programs that cheat, hang, leak or hurt, and what must be true of each.

Every program is judged as a real evaluation. It must end in its status, within its limit plus a second; the next
honest program must score as before; nothing may be left behind; and the host must be untouched. How to run the suite
and how to add a program to it: `docs/hostile.md`.
"""
