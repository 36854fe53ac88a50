-- The sums of sealed days close together, so that they are added up without
-- reading what is packed beside them.
CREATE INDEX sealed_day_sums ON sealed_day (day, indicator_id, revision, entries, good, bad, unknown_ms, bridged_ms);
