-- Instants are Unix milliseconds UTC. Documents are JSON. Amounts of facts are a
-- whole number and billionths beside it: amount = whole + nano / 10^9, rounded
-- down, so that sums of counts read as they are.

-- Revisions of the catalogue's items. The newest one of an item is in force.
CREATE TABLE catalogue_item (
  item_id     INTEGER PRIMARY KEY,
  kind        TEXT    NOT NULL CHECK (kind IN ('party', 'calendar', 'service', 'indicator', 'agreement', 'exclusion')),
  name        TEXT    NOT NULL CHECK (name <> ''),
  version     INTEGER NOT NULL CHECK (version >= 0),
  revision    INTEGER NOT NULL CHECK (revision >= 1),
  definition  INTEGER NOT NULL CHECK (definition BETWEEN 0 AND revision),
  doc         TEXT    NOT NULL,
  sha256      TEXT    NOT NULL,
  retired     INTEGER NOT NULL CHECK (retired IN (0, 1)),
  recorded_at INTEGER NOT NULL,
  actor       TEXT    NOT NULL CHECK (actor <> ''),
  approved_by TEXT    CHECK (approved_by <> actor),
  UNIQUE (kind, name, version, revision)
) STRICT;

CREATE TABLE indicator (
  indicator_id INTEGER PRIMARY KEY,
  name         TEXT    NOT NULL UNIQUE CHECK (name <> ''),
  longest_ms   INTEGER NOT NULL CHECK (longest_ms >= 0) -- of its entries
) STRICT;

CREATE TABLE round (
  round_id INTEGER PRIMARY KEY,
  at_ms    INTEGER NOT NULL
) STRICT;

-- The facts. A slot is a quarter of an hour since the epoch: it keeps what rounds
-- write together and what an indicator's reader reads close together.
CREATE TABLE entry (
  slot         INTEGER NOT NULL,
  indicator_id INTEGER NOT NULL REFERENCES indicator,
  from_ms      INTEGER NOT NULL CHECK (from_ms >= slot * 900000 AND from_ms < (slot + 1) * 900000),
  revision     INTEGER NOT NULL CHECK (revision >= 0),
  to_ms        INTEGER NOT NULL CHECK (to_ms > from_ms),
  good         INTEGER NOT NULL,
  good_nano    INTEGER NOT NULL CHECK (good_nano BETWEEN 0 AND 999999999),
  bad          INTEGER NOT NULL,
  bad_nano     INTEGER NOT NULL CHECK (bad_nano BETWEEN 0 AND 999999999),
  unknown_ms   INTEGER NOT NULL CHECK (unknown_ms BETWEEN 0 AND to_ms - from_ms),
  bridged_ms   INTEGER NOT NULL CHECK (bridged_ms >= 0),
  definition   INTEGER NOT NULL,
  round_id     INTEGER NOT NULL REFERENCES round,
  PRIMARY KEY (slot, indicator_id, from_ms, revision)
) STRICT, WITHOUT ROWID;

-- Where measuring goes on.
CREATE TABLE indicator_state (
  indicator_id INTEGER PRIMARY KEY REFERENCES indicator,
  first_ms     INTEGER NOT NULL,
  cursor_ms    INTEGER NOT NULL CHECK (cursor_ms >= first_ms),
  definition   INTEGER NOT NULL,
  round_id     INTEGER NOT NULL REFERENCES round,
  state        BLOB    NOT NULL
) STRICT;

-- Where a backfill before an indicator's first entry goes on, until it gets there.
CREATE TABLE backfill_state (
  indicator_id INTEGER PRIMARY KEY REFERENCES indicator,
  first_ms     INTEGER NOT NULL,
  cursor_ms    INTEGER NOT NULL CHECK (cursor_ms >= first_ms),
  definition   INTEGER NOT NULL,
  round_id     INTEGER NOT NULL REFERENCES round,
  state        BLOB    NOT NULL
) STRICT;

CREATE TABLE problem (
  indicator TEXT    PRIMARY KEY,
  kind      TEXT    NOT NULL CHECK (kind IN ('pending', 'misconfigured')),
  text      TEXT    NOT NULL,
  since_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Verdicts. The period of a rolling window is its length without its end, and it
-- is never final. What differs from a final verdict is another revision.
CREATE TABLE verdict (
  agreement TEXT    NOT NULL,
  objective TEXT    NOT NULL,
  period    TEXT    NOT NULL,
  version   INTEGER NOT NULL,
  revision  INTEGER NOT NULL CHECK (revision >= 1),
  from_ms   INTEGER NOT NULL,
  to_ms     INTEGER NOT NULL,
  state     TEXT    NOT NULL CHECK (state IN ('met', 'at_risk', 'failing', 'breached', 'no_data')),
  final     INTEGER NOT NULL CHECK (final IN (0, 1)),
  judged_at INTEGER NOT NULL,
  doc       TEXT    NOT NULL,
  PRIMARY KEY (agreement, objective, period, version, revision)
) STRICT, WITHOUT ROWID;

CREATE TABLE breach (
  breach_id INTEGER PRIMARY KEY,
  agreement TEXT    NOT NULL,
  version   INTEGER NOT NULL,
  objective TEXT    NOT NULL,
  period    TEXT    NOT NULL,
  from_ms   INTEGER NOT NULL,
  to_ms     INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  UNIQUE (agreement, objective, period, version)
) STRICT;

CREATE TABLE breach_transition (
  breach_id INTEGER NOT NULL REFERENCES breach,
  seq       INTEGER NOT NULL CHECK (seq >= 1),
  at_ms     INTEGER NOT NULL,
  state     TEXT    NOT NULL CHECK (state IN ('open', 'confirmed', 'averted', 'withdrawn')),
  cause     TEXT    NOT NULL,
  PRIMARY KEY (breach_id, seq)
) STRICT, WITHOUT ROWID;

-- Conditions worth an alert; until_ms is null while one holds.
CREATE TABLE condition (
  condition_id INTEGER PRIMARY KEY,
  alertname    TEXT    NOT NULL,
  severity     TEXT    NOT NULL,
  agreement    TEXT    NOT NULL,
  objective    TEXT    NOT NULL,
  indicator    TEXT    NOT NULL,
  burn_window  TEXT    NOT NULL,
  labels       TEXT    NOT NULL,
  since_ms     INTEGER NOT NULL,
  until_ms     INTEGER CHECK (until_ms >= since_ms),
  details      TEXT    NOT NULL,
  UNIQUE (alertname, severity, agreement, objective, indicator, burn_window, labels, since_ms)
) STRICT;
CREATE INDEX condition_until ON condition (until_ms);

CREATE TABLE report (
  agreement   TEXT    NOT NULL,
  period      TEXT    NOT NULL,
  revision    INTEGER NOT NULL CHECK (revision >= 1),
  status      TEXT    NOT NULL CHECK (status IN ('draft', 'issued')),
  reason      TEXT    NOT NULL CHECK (status = 'draft' OR revision = 1 OR reason <> ''),
  doc         BLOB    NOT NULL,
  sha256      TEXT    NOT NULL,
  at_ms       INTEGER NOT NULL,
  actor       TEXT    NOT NULL CHECK (actor <> ''),
  approved_by TEXT    CHECK (approved_by <> actor),
  PRIMARY KEY (agreement, period, revision)
) STRICT;

-- The audit log: hash is the SHA-256 over the row and the hash of the row before.
CREATE TABLE audit (
  seq           INTEGER PRIMARY KEY CHECK (seq >= 1),
  at_ms         INTEGER NOT NULL,
  actor         TEXT    NOT NULL CHECK (actor <> ''),
  role          TEXT    NOT NULL,
  address       TEXT    NOT NULL,
  action        TEXT    NOT NULL CHECK (action <> ''),
  object        TEXT    NOT NULL,
  text          TEXT    NOT NULL,
  before_sha256 TEXT    NOT NULL,
  after_sha256  TEXT    NOT NULL,
  prev_hash     TEXT    NOT NULL,
  hash          TEXT    NOT NULL UNIQUE
) STRICT;

-- What was measured, decided, issued or audited stays as it is.
CREATE TRIGGER catalogue_item_update BEFORE UPDATE ON catalogue_item BEGIN SELECT raise(ABORT, 'revisions of the catalogue are never changed'); END;
CREATE TRIGGER catalogue_item_delete BEFORE DELETE ON catalogue_item BEGIN SELECT raise(ABORT, 'revisions of the catalogue are never deleted'); END;
CREATE TRIGGER round_update BEFORE UPDATE ON round BEGIN SELECT raise(ABORT, 'rounds are never changed'); END;
CREATE TRIGGER round_delete BEFORE DELETE ON round BEGIN SELECT raise(ABORT, 'rounds are never deleted'); END;
CREATE TRIGGER entry_update BEFORE UPDATE ON entry BEGIN SELECT raise(ABORT, 'entries of the ledger are never changed'); END;
CREATE TRIGGER entry_delete BEFORE DELETE ON entry BEGIN SELECT raise(ABORT, 'entries of the ledger are never deleted'); END;
CREATE TRIGGER verdict_update BEFORE UPDATE ON verdict WHEN OLD.final = 1 BEGIN SELECT raise(ABORT, 'final verdicts are never changed'); END;
CREATE TRIGGER verdict_delete BEFORE DELETE ON verdict WHEN OLD.final = 1 BEGIN SELECT raise(ABORT, 'final verdicts are never deleted'); END;
CREATE TRIGGER breach_update BEFORE UPDATE ON breach BEGIN SELECT raise(ABORT, 'breach records are never changed'); END;
CREATE TRIGGER breach_delete BEFORE DELETE ON breach BEGIN SELECT raise(ABORT, 'breach records are never deleted'); END;
CREATE TRIGGER breach_transition_update BEFORE UPDATE ON breach_transition BEGIN SELECT raise(ABORT, 'breach transitions are never changed'); END;
CREATE TRIGGER breach_transition_delete BEFORE DELETE ON breach_transition BEGIN SELECT raise(ABORT, 'breach transitions are never deleted'); END;
CREATE TRIGGER condition_update BEFORE UPDATE ON condition WHEN OLD.until_ms IS NOT NULL BEGIN SELECT raise(ABORT, 'ended conditions are never changed'); END;
CREATE TRIGGER report_update BEFORE UPDATE ON report WHEN OLD.status = 'issued' BEGIN SELECT raise(ABORT, 'issued reports are never changed'); END;
CREATE TRIGGER report_delete BEFORE DELETE ON report WHEN OLD.status = 'issued' BEGIN SELECT raise(ABORT, 'issued reports are never deleted'); END;
CREATE TRIGGER audit_update BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'audit rows are never changed'); END;
CREATE TRIGGER audit_delete BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'audit rows are never deleted'); END;
