-- Facts of which the split into good and bad is approximate: the bound lay within
-- a bucket of a native histogram.
ALTER TABLE entry ADD COLUMN approximate INTEGER NOT NULL DEFAULT 0 CHECK (approximate IN (0, 1));
