"""Lines of the log on their way to another system: syslog (RFC 5424) over TLS (RFC 5425), both sides proved.

What the house did stands in its sealed trail. These are the lines for operators; standard output has all of them, too.
"""

from partners.syslog.sending import SyslogCollector, open_collector

__all__ = ["SyslogCollector", "open_collector"]
