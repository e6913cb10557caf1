from bot.ports import Store, Tx
from storage.store import SqlStore, SqlTx


def as_the_core_sees_it(store: SqlStore, tx: SqlTx) -> tuple[Store, Tx]:
    """Fail to type-check unless every class of queries fulfils its port."""
    return store, tx


async def test_the_store_keeps_the_promises_of_the_ports(store: SqlStore) -> None:
    async with store.transaction() as tx:
        assert as_the_core_sees_it(store, tx) == (store, tx)
