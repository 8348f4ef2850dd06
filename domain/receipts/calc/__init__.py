"""Pure readings and checks of receipts."""
