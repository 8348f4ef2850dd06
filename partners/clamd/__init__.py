"""The virus scanner: clamd's INSTREAM command, and what we do without one.

A scanner looks at the bytes as they came. Its silence is no verdict: a file waits until it has spoken.
"""

from partners.clamd.scanning import Clamd, NoScanner, Scanner, ScannerIsDownError, open_scanner

__all__ = ["Clamd", "NoScanner", "Scanner", "ScannerIsDownError", "open_scanner"]
