"""The interfaces that the core needs from the world: a store with transactions, and the chat platforms."""

from bot.ports.cycle import Challenges, CheckIns, Cycles, NewPairing, Notes, Pairings
from bot.ports.files import FileContent, FileReader, ReadingOptions
from bot.ports.ledger import Deliveries, Digests, Events, Lanes
from bot.ports.people import Accounts, Files, Members, Schools, Workspaces
from bot.ports.platform import Directory, Handle, Messenger
from bot.ports.store import Store, Tx

__all__ = [
    "Accounts",
    "Challenges",
    "CheckIns",
    "Cycles",
    "Deliveries",
    "Digests",
    "Directory",
    "Events",
    "FileContent",
    "FileReader",
    "Files",
    "Handle",
    "Lanes",
    "Members",
    "Messenger",
    "NewPairing",
    "Notes",
    "Pairings",
    "ReadingOptions",
    "Schools",
    "Store",
    "Tx",
    "Workspaces",
]
