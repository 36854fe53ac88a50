-- The outages of the latest verdict on each period that are not small, taken out
-- of its document as verdict_glance is: a list of them reads no document.
CREATE TABLE verdict_outage (
  agreement   TEXT    NOT NULL,
  objective   TEXT    NOT NULL,
  period      TEXT    NOT NULL,
  version     INTEGER NOT NULL,
  from_ms     INTEGER NOT NULL,
  to_ms       INTEGER NOT NULL,
  service     TEXT    NOT NULL,
  duration_ms INTEGER NOT NULL,
  timed       INTEGER NOT NULL CHECK (timed IN (0, 1)), -- what is bad are seconds, not events
  bad         TEXT    NOT NULL, -- exact
  share       TEXT    NOT NULL, -- of the period's budget, exact; empty where nothing is allowed
  classes     TEXT    NOT NULL, -- who caused it, with a space before and after each
  attribution TEXT    NOT NULL, -- JSON
  PRIMARY KEY (agreement, objective, period, version, from_ms)
) STRICT, WITHOUT ROWID;
CREATE INDEX verdict_outage_from ON verdict_outage (from_ms, agreement, objective);

-- Records of the months that a page shows.
CREATE INDEX breach_from ON breach (from_ms);
