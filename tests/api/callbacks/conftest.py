from tests.domain.collection.conftest import books, family
from tests.payment_world import merchant_file, platform_address, world

__all__ = ["books", "family", "merchant_file", "platform_address", "world"]
