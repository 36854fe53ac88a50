-- Mails: what is told to whom, and what became of it. A row that is done stays,
-- so that nothing is told twice. It tells of transition seq of a breach record,
-- or of the instant of a digest, whose seq is 0.
CREATE TABLE notice (
  notice_id  INTEGER PRIMARY KEY,
  kind       TEXT    NOT NULL CHECK (kind IN ('breach', 'digest')),
  about      INTEGER NOT NULL,
  seq        INTEGER NOT NULL CHECK (seq >= 0),
  recipient  TEXT    NOT NULL CHECK (recipient <> ''),
  message_id TEXT    NOT NULL,
  subject    TEXT    NOT NULL,
  state      TEXT    NOT NULL CHECK (state IN ('pending', 'sent', 'undeliverable', 'dropped')),
  attempts   INTEGER NOT NULL CHECK (attempts >= 0),
  made_at    INTEGER NOT NULL,
  at_ms      INTEGER NOT NULL, -- pending: when it is tried next; otherwise when it was done
  answer     TEXT    NOT NULL, -- what was said to the last attempt
  mail       BLOB    NOT NULL, -- empty once it is done
  UNIQUE (kind, about, seq, recipient)
) STRICT;
CREATE INDEX notice_state ON notice (state, at_ms);
CREATE TRIGGER notice_update BEFORE UPDATE ON notice WHEN OLD.state <> 'pending' BEGIN SELECT raise(ABORT, 'notices that are done are never changed'); END;
CREATE TRIGGER notice_delete BEFORE DELETE ON notice BEGIN SELECT raise(ABORT, 'notices are never deleted'); END;
