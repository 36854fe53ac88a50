package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/mattn/go-sqlite3"
)

// Verify does what Check does, and walks everything that is vouched for: sealed
// days with their chains, sums and entries, decisions, issued reports, the
// catalogue's revisions, and the ledger for holes. The first finding is the first place that differs.
// A published head, if one is given, must still be in the audit log.
func (s *Store) Verify(ctx context.Context, published AuditHead) ([]string, error) {
	out, err := s.check(ctx, append(checks[:len(checks):len(checks)],
		func(ctx context.Context, tx *txn) ([]string, error) { return verifyHead(ctx, tx, published) },
		verifyVouched, verifyDays, verifyReports, verifyCatalogue, verifyRecords, verifyGlances, verifyOutages, verifyTiling))
	if err != nil {
		return nil, fmt.Errorf("verifying the database: %w", explain(err))
	}
	return out, nil
}

// checks are those that every look at a file makes.
var checks = []func(context.Context, *txn) ([]string, error){
	checkIntegrity, checkReferences, checkDocuments,
	func(ctx context.Context, tx *txn) ([]string, error) {
		finding, err := checkAudit(ctx, tx)
		if finding == "" {
			return nil, err
		}
		return []string{finding}, err
	},
}

func (s *Store) check(ctx context.Context, checks []func(context.Context, *txn) ([]string, error)) ([]string, error) {
	db, err := openChecker(s.file, s.busy)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	var out []string
	err = transact(ctx, db, func(ctx context.Context, tx *txn) error {
		for _, check := range checks {
			found, err := check(ctx, tx)
			out = append(out, found...)
			var broken sqlite3.Error
			if errors.As(err, &broken) && broken.Code == sqlite3.ErrCorrupt {
				out = append(out, "the file is damaged: "+broken.Error())
				return nil
			}
			if err != nil && (ctx.Err() != nil || errors.As(err, &broken)) {
				return err
			}
			if err != nil { // a value that cannot be what slmd wrote
				out = append(out, "a row cannot be read: "+err.Error())
			}
		}
		return nil
	})
	return out, err
}
