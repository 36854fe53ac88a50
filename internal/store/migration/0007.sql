-- By how many revisions of the catalogue a verdict was judged: what was approved
-- while a round was under way is known to have come after, whatever the clocks
-- said. Zero: it was judged before this was kept.
ALTER TABLE verdict ADD COLUMN edition INTEGER NOT NULL DEFAULT 0 CHECK (edition >= 0);
