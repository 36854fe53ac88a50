package store

import (
	"context"
	"database/sql"
	"fmt"
)

// Check looks the whole file over and gives what is wrong with it, a sentence
// each, nothing when it is sound: SQLite's own check, foreign keys, the hashes of
// catalogue and reports, the audit chain.
func (s *Store) Check(ctx context.Context) ([]string, error) {
	out, err := s.check(ctx, checks)
	if err != nil {
		return nil, fmt.Errorf("checking the database: %w", explain(err))
	}
	return out, nil
}

func checkIntegrity(ctx context.Context, tx *txn) ([]string, error) {
	var out []string
	err := each(ctx, tx, func(rows *sql.Rows) error {
		var line string
		if err := rows.Scan(&line); err != nil {
			return err
		}
		if line != "ok" {
			out = append(out, "SQLite finds: "+line)
		}
		return nil
	}, "PRAGMA integrity_check")
	return out, err
}

func checkReferences(ctx context.Context, tx *txn) ([]string, error) {
	var out []string
	err := each(ctx, tx, func(rows *sql.Rows) error {
		var table, parent string
		var row, key sql.NullInt64
		if err := rows.Scan(&table, &row, &parent, &key); err != nil {
			return err
		}
		out = append(out, fmt.Sprintf("a row of %s names a row of %s that is not there", table, parent))
		return nil
	}, "PRAGMA foreign_key_check")
	return out, err
}

func checkDocuments(ctx context.Context, tx *txn) ([]string, error) {
	var out []string
	err := each(ctx, tx, func(rows *sql.Rows) error {
		var what, hash string
		var doc sql.RawBytes
		if err := rows.Scan(&what, &doc, &hash); err != nil {
			return err
		}
		if sha256Hex(doc) != hash {
			out = append(out, "the document of "+what+" was changed")
		}
		return nil
	}, `SELECT kind || ' ' || name || ', revision ' || revision, doc, sha256 FROM catalogue_item
		UNION ALL SELECT 'the report on ' || agreement || ' in ' || period || ', revision ' || revision, doc, sha256 FROM report`)
	return out, err
}
