"""Encryption of what would tell of people if somebody read the disk.

``keyring`` holds the keys that the settings give and derives one for each purpose, ``sealing`` seals and opens bytes,
``vault`` does it for the columns, documents and indexes of one service, ``columns`` lets entities hold sealed text,
``suite`` is for what services share: events and files.
"""
