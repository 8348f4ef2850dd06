from tests.bank_world import bank_address, bank_world, customer_file
from tests.domain.collection.conftest import books, family
from tests.payment_world import merchant_file, platform_address, world

__all__ = [
    "bank_address",
    "bank_world",
    "books",
    "customer_file",
    "family",
    "merchant_file",
    "platform_address",
    "world",
]
