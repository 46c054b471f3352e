"""Live changes as server-sent events: who is connected hears of the records that he may see, moments after the commit.

``view`` takes a request and hands its socket over; ``hub`` is the one thread that writes to all those sockets;
``listener`` is one of them; ``ring`` holds the newest changes, so that a listener can go on where he was cut off.
"""
