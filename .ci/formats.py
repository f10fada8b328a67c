"""How values are made of formats that JSON Schema cannot describe: numbers that exist, and times that are not too far away."""

from datetime import datetime, timedelta, timezone

import schemathesis
from hypothesis import strategies

schemathesis.openapi.format("phone", strategies.sampled_from(["+14155552671", "(415) 555-2671", "+49 30 901820"]))

schemathesis.openapi.format(
    "date-time",
    strategies.datetimes(
        min_value=datetime.now() + timedelta(days=1),
        max_value=datetime.now() + timedelta(days=3650),
        timezones=strategies.just(timezone.utc),
    ).map(datetime.isoformat),
)
