"""What AWS bills for, counted by kinesis_sim over what was really sent.

https://aws.amazon.com/kinesis/data-streams/pricing/: provisioned, PUT payload units of 25 KB a
record; on demand, each record rounded up to 1 KB. Prices of us-east-1 in November 2026, ingestion
alone: shard hours, stream hours and reading come on top, and do not depend on who writes.
"""
import dataclasses

UNITS_A_DOLLAR = 1e6 / 0.014
ON_DEMAND_A_GB = 0.08


@dataclasses.dataclass
class Bill:
    """What a run put into the stream."""
    records: int
    sent_bytes: int      # Of requests, as they came over the wire.
    payload_units: int   # Of 25 KB.
    rounded_kib: int     # Each record rounded up.

    @classmethod
    def of(cls, counters):
        """From kinesis_sim's counters."""
        return cls(counters['records_stored'], counters['bytes_received'],
                   counters['payload_units'], counters['rounded_kib'])

    def dollars(self):
        """For all of it, by pricing model; named as what a million rows cost."""
        return {'$ a million, provisioned': self.payload_units / UNITS_A_DOLLAR,
                '$ a million, on demand': self.rounded_kib / (1 << 20) * ON_DEMAND_A_GB}
