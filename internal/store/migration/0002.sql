-- Sealed days: the entries of one indicator that begin on one day (UTC), packed,
-- with their sums. hash is the SHA-256 over the row and the indicator's seal
-- before it. Late facts make another revision, which names the hash it replaces;
-- the latest one counts. A row of the audit log vouches for each.
CREATE TABLE sealed_day (
  indicator_id INTEGER NOT NULL REFERENCES indicator,
  day          INTEGER NOT NULL, -- days since 1970-01-01
  revision     INTEGER NOT NULL CHECK (revision >= 0),
  seq          INTEGER NOT NULL CHECK (seq >= 1), -- of the indicator's seals
  from_ms      INTEGER NOT NULL,
  to_ms        INTEGER NOT NULL CHECK (to_ms > from_ms),
  entries      INTEGER NOT NULL CHECK (entries >= 1),
  good         TEXT    NOT NULL, -- sums are decimals: they may be larger than an integer
  bad          TEXT    NOT NULL,
  unknown_ms   INTEGER NOT NULL CHECK (unknown_ms >= 0),
  bridged_ms   INTEGER NOT NULL CHECK (bridged_ms >= 0),
  packed       BLOB    NOT NULL,
  round_id     INTEGER NOT NULL REFERENCES round, -- the last one that recorded any of it
  sealed_at    INTEGER NOT NULL,
  replaces     TEXT    NOT NULL CHECK ((revision = 0) = (replaces = '')),
  prev_hash    TEXT    NOT NULL,
  hash         TEXT    NOT NULL UNIQUE,
  audit_seq    INTEGER NOT NULL REFERENCES audit DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (indicator_id, day, revision),
  UNIQUE (indicator_id, seq)
) STRICT;
CREATE INDEX sealed_day_audit ON sealed_day (audit_seq);

-- Facts of days before this one are no longer kept.
CREATE TABLE retention (
  retention_id INTEGER PRIMARY KEY CHECK (retention_id = 1),
  before_day   INTEGER NOT NULL
) STRICT;

-- The row of the audit log that vouches for a decision; 0 for what need not be
-- vouched for, and for what was there before this step.
ALTER TABLE breach_transition ADD COLUMN audit_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE verdict ADD COLUMN audit_seq INTEGER NOT NULL DEFAULT 0;

CREATE TRIGGER sealed_day_update BEFORE UPDATE ON sealed_day BEGIN SELECT raise(ABORT, 'sealed days are never changed'); END;
CREATE TRIGGER sealed_day_delete BEFORE DELETE ON sealed_day
  WHEN OLD.day >= coalesce((SELECT before_day FROM retention), OLD.day)
  BEGIN SELECT raise(ABORT, 'sealed days are never deleted before their time'); END;
-- An entry may go only where a sealed day stands for it.
DROP TRIGGER entry_delete;
CREATE TRIGGER entry_delete BEFORE DELETE ON entry
  WHEN NOT EXISTS (SELECT 1 FROM sealed_day AS d WHERE d.indicator_id = OLD.indicator_id
    AND d.day = (OLD.slot - ((OLD.slot % 96) + 96) % 96) / 96 AND d.round_id >= OLD.round_id)
  BEGIN SELECT raise(ABORT, 'entries of the ledger are never deleted'); END;
