-- What lists show of the latest verdict on each period, taken out of its
-- document: documents hold every outage. Rows are made from documents alone, and
-- verifying compares the two.
CREATE TABLE verdict_glance (
  agreement TEXT    NOT NULL,
  objective TEXT    NOT NULL,
  period    TEXT    NOT NULL,
  version   INTEGER NOT NULL,
  revision  INTEGER NOT NULL,
  from_ms   INTEGER NOT NULL,
  to_ms     INTEGER NOT NULL,
  judged_at INTEGER NOT NULL,
  state     TEXT    NOT NULL,
  open      INTEGER NOT NULL CHECK (open IN (0, 1)), -- provisional
  mean      INTEGER NOT NULL CHECK (mean IN (0, 1)), -- what was reached is a mean, not a percentage
  timed     INTEGER NOT NULL CHECK (timed IN (0, 1)), -- what is bad are seconds, not events
  reached   TEXT    NOT NULL, -- decimal; empty when nothing was judged
  num       TEXT    NOT NULL, -- the exact fraction behind it
  den       TEXT    NOT NULL,
  bad       TEXT    NOT NULL,
  known     TEXT    NOT NULL, -- completeness in percent
  left_ppm  INTEGER, -- millionths of the error budget, rounded down
  PRIMARY KEY (agreement, objective, period, version)
) STRICT, WITHOUT ROWID;

-- When reviews were issued, beside documents of any length.
CREATE INDEX report_issued ON report (agreement, period, at_ms) WHERE status = 'issued';

-- Where in the catalogue files an item stands. It is no part of the item: a line
-- that moved is no revision.
CREATE TABLE catalogue_origin (
  kind TEXT    NOT NULL,
  name TEXT    NOT NULL,
  file TEXT    NOT NULL,
  line INTEGER NOT NULL,
  PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;
