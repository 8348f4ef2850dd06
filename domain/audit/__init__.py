"""Who did what to whom, and who read whose file.

Both are written in the transaction of the thing itself and never changed (the database refuses it). A change names
the actor, the action and the subject; a reading names the reader, the purpose and what was seen, and is shown to
the person whose file it is.
"""

from domain.audit.queries import count_readings, list_readings
from domain.audit.service import record_change, record_reading
from domain.audit.values import Reading

__all__ = ["Reading", "count_readings", "list_readings", "record_change", "record_reading"]
