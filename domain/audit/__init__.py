"""Who did what to whom, and who read whose file, and the proof that nobody changed it afterwards.

Both are written in the transaction of the thing itself and never changed (the database refuses it). A change names
the actor, the action and the subject; a reading names the reader, the purpose and what was seen, and is shown to
the person whose file it is.

Every few seconds what was committed is sealed into a block: a Merkle tree over its rows, signed, and chained to the
block before. The signed heads are kept outside the database. A program that shares no code with this one
(`verifier`) finds whatever is changed, taken away, added or moved afterwards.
"""

from domain.audit.calc import checkpoint_of
from domain.audit.queries import (
    COLUMNS,
    count_readings,
    find_last_block,
    find_oldest_open,
    list_blocks,
    list_readings,
    list_sealed,
    prove_row,
    read_horizon,
    stream_ids,
)
from domain.audit.service import (
    ROWS_OF_BLOCK,
    CheckpointFile,
    deliver_checkpoints,
    record_change,
    record_reading,
    seal_next_block,
)
from domain.audit.values import (
    TRAILS,
    Block,
    BlockBody,
    Checkpoint,
    CheckpointsDisagree,
    CheckpointStore,
    Horizon,
    InclusionProof,
    Reading,
    SealedRow,
    Trail,
    Value,
)

__all__ = [
    "COLUMNS",
    "ROWS_OF_BLOCK",
    "TRAILS",
    "Block",
    "BlockBody",
    "Checkpoint",
    "CheckpointFile",
    "CheckpointStore",
    "CheckpointsDisagree",
    "Horizon",
    "InclusionProof",
    "Reading",
    "SealedRow",
    "Trail",
    "Value",
    "checkpoint_of",
    "count_readings",
    "deliver_checkpoints",
    "find_last_block",
    "find_oldest_open",
    "list_blocks",
    "list_readings",
    "list_sealed",
    "prove_row",
    "read_horizon",
    "record_change",
    "record_reading",
    "seal_next_block",
    "stream_ids",
]
