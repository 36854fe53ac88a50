package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"hash"
	"math/big"
	"strings"

	"github.com/slmd/slmd/internal/sla"
)

// outagesListedSince is the schema from which on lists of outages need no documents.
const outagesListedSince = 9

// ListedOutage is an outage of 1 % of a budget or more, with whose it is.
type ListedOutage struct {
	sla.Outage
	Agreement, Objective, Service, Period string
	Version                               int
	Timed                                 bool // what is bad are seconds, not events
}

// OutagePlace is where an outage stands in a list that begins with the latest;
// those that begin together stand in descending order of names.
type OutagePlace struct {
	From                 sla.Instant
	Agreement, Objective string
}

// Place gives where the outage stands.
func (o *ListedOutage) Place() OutagePlace { return OutagePlace{o.From, o.Agreement, o.Objective} }

// OutageQuery says which outages are wanted; what is empty does not count.
type OutageQuery struct {
	Span    sla.Span // in which they begin
	Service string
	Class   sla.AttributionClass // that caused it, alone or with others
	After   OutagePlace          // in the list; zero: from its beginning
	Limit   int
}

// ListedOf gives the outages of a verdict that lists show, in its order.
func ListedOf(v *sla.Verdict) (out []ListedOutage) {
	for i := range v.Outages {
		if !v.Outages[i].Small {
			out = append(out, ListedOutage{v.Outages[i], v.Agreement, v.Objective, v.Service, v.Period.Name, v.Version, v.Timed()})
		}
	}
	return out
}

// Outages gives outages of settled periods from the latest verdicts, the latest
// first.
func (s *Store) Outages(ctx context.Context, q OutageQuery) ([]ListedOutage, error) {
	if q.After == (OutagePlace{}) {
		q.After.From = q.Span.To
	}
	var out []ListedOutage
	err := s.read(ctx, "listing outages", func(ctx context.Context, tx *txn) error {
		return each(ctx, tx, func(rows *sql.Rows) error {
			o, err := scanOutage(rows)
			out = append(out, o)
			return err
		}, selectOutages+` WHERE from_ms >= ?1 AND from_ms < ?2 AND (from_ms, agreement, objective) < (?3, ?4, ?5)
			AND (?6 = '' OR service = ?6) AND (?7 = '' OR classes LIKE '% ' || ?7 || ' %')
			ORDER BY from_ms DESC, agreement DESC, objective DESC LIMIT ?8`,
			q.Span.From, q.Span.To, q.After.From, q.After.Agreement, q.After.Objective, q.Service, string(q.Class), q.Limit)
	})
	return out, err
}

const (
	outageColumns = `agreement, objective, period, version, from_ms, to_ms, service, duration_ms, timed, bad, share, attribution`
	selectOutages = `SELECT ` + outageColumns + ` FROM verdict_outage`
)

// scanOutage reads the columns of outageColumns and those after them into more.
func scanOutage(rows *sql.Rows, more ...any) (ListedOutage, error) {
	var o ListedOutage
	var bad, share, attribution string
	into := []any{&o.Agreement, &o.Objective, &o.Period, &o.Version, &o.From, &o.To, &o.Service, &o.Duration, &o.Timed, &bad, &share, &attribution}
	err := rows.Scan(append(into, more...)...)
	if err != nil {
		return o, err
	}
	if o.Bad, err = exact(bad); err == nil && share != "" {
		o.BudgetShare, err = exact(share)
	}
	if err != nil {
		return o, err
	}
	return o, json.Unmarshal([]byte(attribution), &o.Attribution)
}

func exact(text string) (*big.Rat, error) {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, fmt.Errorf("%q is not a number", text)
	}
	return r, nil
}

// values gives the columns in their order.
func (o *ListedOutage) values() ([]any, error) {
	attribution, err := json.Marshal(o.Attribution)
	if err != nil {
		return nil, err
	}
	period, _, _ := strings.Cut(o.Period, "@")
	share := ""
	if o.BudgetShare != nil {
		share = o.BudgetShare.RatString()
	}
	return []any{
		o.Agreement, o.Objective, period, o.Version, o.From, o.To, o.Service, o.Duration, o.Timed, o.Bad.RatString(), share, o.classes(), string(attribution),
	}, nil
}

// classes gives who caused the outage, for a search by LIKE.
func (o *ListedOutage) classes() string {
	if len(o.Attribution) == 0 {
		return " " + string(sla.ByOwn) + " "
	}
	out := " "
	for _, a := range o.Attribution {
		out += string(a.Class) + " "
	}
	return out
}

// listOutages puts a verdict's outages in place of those listed of the one before.
func listOutages(ctx context.Context, tx *txn, v *sla.Verdict) error {
	period, _, _ := strings.Cut(v.Period.Name, "@")
	_, err := tx.ExecContext(ctx, `DELETE FROM verdict_outage WHERE agreement = ?1 AND objective = ?2 AND period = ?3 AND version = ?4`,
		v.Agreement, v.Objective, period, v.Version)
	if err != nil {
		return err
	}
	for _, o := range ListedOf(v) {
		values, err := o.values()
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO verdict_outage
			(agreement, objective, period, version, from_ms, to_ms, service, duration_ms, timed, bad, share, classes, attribution)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)`, values...)
		if err != nil {
			return err
		}
	}
	return nil
}

// listAllOutages lists the outages of the verdicts of an older file, those of one
// agreement after the other.
func listAllOutages(ctx context.Context, tx *txn) error {
	var agreements []string
	err := each(ctx, tx, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		agreements = append(agreements, name)
		return err
	}, `SELECT DISTINCT agreement FROM verdict`)
	for _, name := range agreements {
		if err != nil {
			return err
		}
		var verdicts []sla.Verdict
		err = eachLatest(ctx, tx, name, func(v *sla.Verdict, _ int64, _ sla.Instant) error {
			verdicts = append(verdicts, *v)
			return nil
		})
		for i := range verdicts {
			if err == nil {
				err = listOutages(ctx, tx, &verdicts[i])
			}
		}
	}
	return err
}

// outageSums sums up by verdict what lists show of its outages.
type outageSums map[string]hash.Hash

func (s outageSums) add(o *ListedOutage, classes string) error {
	values, err := o.values()
	if err != nil {
		return err
	}
	k := fmt.Sprintf("%s/%s in %s, version %d", values[:4]...)
	if s[k] == nil {
		s[k] = sha256.New()
	}
	fmt.Fprintf(s[k], "%#v %q\n", values, classes) // %q of a number would be a rune
	return nil
}

// verifyOutages compares the outages that lists show with the documents of the verdicts.
func verifyOutages(ctx context.Context, tx *txn) ([]string, error) {
	want, have := outageSums{}, outageSums{}
	err := eachLatest(ctx, tx, "", func(v *sla.Verdict, _ int64, _ sla.Instant) error {
		for _, o := range ListedOf(v) {
			if err := want.add(&o, o.classes()); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = each(ctx, tx, func(rows *sql.Rows) error {
			var classes string
			o, err := scanOutage(rows, &classes)
			if err != nil {
				return err
			}
			return have.add(&o, classes)
		}, `SELECT `+outageColumns+`, classes FROM verdict_outage ORDER BY agreement, objective, period, version, from_ms`)
	}
	if err != nil {
		return nil, err
	}
	for k, h := range want {
		if other := have[k]; other == nil || string(other.Sum(nil)) != string(h.Sum(nil)) {
			return []string{"the outages that lists show of the verdict on " + k + " are not those that it says"}, nil
		}
	}
	if len(have) > len(want) {
		return []string{fmt.Sprintf("lists show outages of %d verdicts where %d have any", len(have), len(want))}, nil
	}
	return nil, nil
}
