-- Mails tell of issued reviews too, and one mail may tell of much: the rows that
-- it tells of share its message_id. fixed is 1 while a mail may have been taken
-- although nobody said so: it is repeated as it was.
CREATE TABLE notice_next (
  notice_id  INTEGER PRIMARY KEY,
  kind       TEXT    NOT NULL CHECK (kind IN ('breach', 'digest', 'review')),
  about      INTEGER NOT NULL,
  seq        INTEGER NOT NULL CHECK (seq >= 0),
  recipient  TEXT    NOT NULL CHECK (recipient <> ''),
  message_id TEXT    NOT NULL,
  subject    TEXT    NOT NULL,
  state      TEXT    NOT NULL CHECK (state IN ('pending', 'sent', 'undeliverable', 'dropped')),
  fixed      INTEGER NOT NULL CHECK (fixed IN (0, 1)),
  attempts   INTEGER NOT NULL CHECK (attempts >= 0),
  made_at    INTEGER NOT NULL,
  at_ms      INTEGER NOT NULL, -- pending: when it is tried next; otherwise when it was done
  answer     TEXT    NOT NULL, -- what was said to the last attempt
  mail       BLOB    NOT NULL, -- empty once it is done
  UNIQUE (kind, about, seq, recipient)
) STRICT;
INSERT INTO notice_next
  SELECT notice_id, kind, about, seq, recipient, message_id, subject, state, 0, attempts, made_at, at_ms, answer, mail FROM notice;
DROP TABLE notice;
ALTER TABLE notice_next RENAME TO notice;
CREATE INDEX notice_state ON notice (state, at_ms);
CREATE TRIGGER notice_update BEFORE UPDATE ON notice WHEN OLD.state <> 'pending' BEGIN SELECT raise(ABORT, 'notices that are done are never changed'); END;
CREATE TRIGGER notice_delete BEFORE DELETE ON notice BEGIN SELECT raise(ABORT, 'notices are never deleted'); END;

-- Which reviews were issued lately, whatever of.
CREATE INDEX report_issued_at ON report (at_ms) WHERE status = 'issued';
