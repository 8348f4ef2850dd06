"""The working days by which the law counts: published years in a table, others provisional.

The State Council publishes each year's holidays and 调休 working days in the autumn before. The table holds the
exceptions to Monday to Friday; a deadline that runs into a year that is not published yet is provisional.
"""

from domain.deadlines.queries import load_calendar
from domain.deadlines.service import install_published_days

__all__ = ["install_published_days", "load_calendar"]
