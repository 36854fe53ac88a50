package app_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

// life is one database from its beginning to its end: all that a daemon and its
// operator do to it, act by act. An act that was cut off is played again.
type life struct {
	th    *theatre
	dir   string
	sink  *testkit.Sink
	post  *testkit.Smarthost
	bin   binaries
	next  int // act
	seen  witness
	ready []time.Duration
	end   outcome
	words []*words // of the programs, for who wants to know
}

// blow is how a program is killed: after a while, or at a pass of a failpoint,
// such as store.commit:3. The zero blow lets it live.
type blow struct {
	after time.Duration
	point string
}

// newLife makes the files of a life.
func (th *theatre) newLife(bin binaries) *life {
	th.t.Helper()
	l := &life{th: th, dir: th.t.TempDir(), bin: bin, sink: testkit.NewSink(th.t), post: testkit.StartSmarthost(th.t, false)}
	oldDatabase(th.t, l.dir)
	l.write("catalogue.yml", th.catalogue)
	return l
}

func (l *life) write(name, text string) {
	l.th.t.Helper()
	if err := os.WriteFile(filepath.Join(l.dir, name), []byte(text), 0o600); err != nil {
		l.th.t.Fatal(err)
	}
}

func (l *life) acts() []func(blow) bool {
	return []func(blow) bool{l.upgrade, l.catchUp, l.enter, l.issue, l.forget}
}

func (l *life) over() bool { return l.next == len(l.acts()) }

// act plays the next act and reports whether its program was killed.
func (l *life) act(b blow) (killed bool) {
	l.th.t.Helper()
	if killed = l.acts()[l.next](b); !killed {
		l.next++
	}
	return killed
}

// upgrade opens a database of an older schema.
func (l *life) upgrade(b blow) bool {
	return l.heard(upgrade(l.th.t, l.dir, l.bin.tool, b)).killed()
}

// catchUp measures the history, while planned downtime is announced over HTTP.
func (l *life) catchUp(b blow) bool {
	l.configure(never(l.th.now), "400d")
	return l.daemon(b, func(d *process) bool {
		l.exclude(d)
		return len(l.seen.excluded) == l.th.days && l.seen.pending == 0
	})
}

// enter writes down what no source has: the calls of a day.
func (l *life) enter(b blow) bool {
	text := "from,to,good,bad\n"
	for hour := range sla.Millis(24) {
		from := l.th.now.Add(hour*sla.Hour - 2*sla.Day)
		text += fmt.Sprintf("%s,%s,%d,1\n", from, from.Add(sla.Hour), 5+hour)
	}
	l.write("calls.csv", text)
	args := []string{"entry", "add", "--indicator=calls", "--file=calls.csv", "--as=kim"}
	return l.heard(run(l.th.t, program{dir: l.dir, binary: l.bin.tool, args: args, point: b.point, within: b.after})).killed()
}

// issue issues the reviews, seals the days and mails what was missed. What is final is looked for once
// an hour, so a daemon that began too early for the last day is started again.
func (l *life) issue(b blow) bool {
	l.configure("* * * * *", "400d")
	for {
		var began time.Time
		if l.daemon(b, func(d *process) bool {
			if began.IsZero() && l.seen.pending == 0 {
				began = time.Now()
			}
			return l.settled() || !began.IsZero() && time.Since(began) > 10*time.Second
		}) {
			return true
		}
		if l.settled() {
			l.end = l.th.outcome(l.dir)
			return false
		}
	}
}

// settled reports whether every review is issued, every day sealed, and somebody
// has all mail of it: one under way when a daemon is ended would come again.
func (l *life) settled() bool {
	return len(l.seen.issued) == l.th.days && l.count("SELECT count(*) FROM notice WHERE state = 'sent'") > 0 &&
		l.count("SELECT count(*) FROM notice WHERE state = 'pending'") == 0 && l.count("SELECT count(*) FROM entry JOIN indicator USING (indicator_id) WHERE name NOT IN ('sales', 'calls')") == 0
}

// forget lets go of facts, and copies the database meanwhile.
func (l *life) forget(b blow) bool {
	l.configure("* * * * *", "30d")
	copied, failed := false, false
	killed := l.daemon(b, func(d *process) bool {
		if !copied && !failed {
			copied, failed = l.backUp(b)
		}
		return failed || copied && l.count("SELECT count(*) FROM retention") == 1
	})
	return killed || failed
}

// backUp copies the database with the tool; what was cut off is not there.
func (l *life) backUp(b blow) (copied, killed bool) {
	l.th.t.Helper()
	name := filepath.Join(l.dir, "copy", "slmd.db")
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		l.th.t.Fatal(err)
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.th.t.Fatal(err)
	}
	p := l.heard(run(l.th.t, program{dir: l.dir, binary: l.bin.tool, args: []string{"db", "backup", name}, point: b.point}))
	return !p.killed(), p.killed()
}

// configure writes slmd.yml: when reviews are issued, and how far back what is
// new is measured, which decides what is kept. While nothing is issued, nothing
// is mailed.
func (l *life) configure(reviews, backfill string) {
	l.th.t.Helper()
	digest := `, digest: "0 * * * *"`
	if l.next < len(l.acts())-2 {
		digest = ""
	}
	l.write("slmd.yml", fmt.Sprintf(`catalogue: [catalogue.yml]
sources: [{name: main, url: %q, lag: 1s}]
measuring: {finalise_after: 20ms, backfill_limit: %s}
storage: {facts: 31d}
alerting: {alertmanagers: [{url: %q}]}
reports: {schedule: %q, required_completeness: 10%%, formats: [json, csv]}
mail: {smarthost: %q, from: slm@example.com, also_to: [kim@example.com], tls: none%s}
`, l.th.source, backfill, l.sink.URL(), reviews, l.post.Address(), digest))
}

// daemon runs slmd until the goal is reached, under the eyes of the witness.
func (l *life) daemon(b blow, goal func(*process) bool) (killed bool) {
	l.th.t.Helper()
	l.seen.begin()
	began := time.Now()
	p := run(l.th.t, program{
		dir: l.dir, binary: l.bin.daemon, point: b.point, within: b.after,
		args: []string{"--web.listen-address=127.0.0.1:0", "--web.enable-lifecycle"},
		goal: func(p *process) bool {
			if !l.seen.look(l.th.t, p) {
				return false
			}
			if !began.IsZero() {
				l.ready = append(l.ready, time.Since(began))
				began = time.Time{}
			}
			return goal(p)
		},
	})
	return l.heard(p).killed()
}

// heard keeps what a program said.
func (l *life) heard(p *process) *process {
	l.words = append(l.words, p.said)
	return p
}

// passed gives the failpoints that the programs said they passed, and how often.
func (l *life) passed() map[string]int {
	times := map[string]int{}
	for _, w := range l.words {
		for line := range strings.Lines(w.String()) {
			if name, ok := strings.CutPrefix(line, "failpoint "); ok {
				times[strings.TrimSpace(name)]++
			}
		}
	}
	return times
}

// exclude announces downtime that is planned for another day, until all of it is.
func (l *life) exclude(p *process) {
	l.th.t.Helper()
	for day := len(l.seen.excluded); day < l.th.days; day++ {
		name := fmt.Sprintf("downtime-%02d", day)
		noon := l.th.from.Add(sla.Millis(day)*sla.Day + 12*sla.Hour)
		text := fmt.Sprintf("version: 1\ntime_zone: UTC\nexclusions:\n  - {name: %s, services: [shop], category: maintenance, reason: Planned., approved_by: Kim, from: %s, to: %s}\n",
			name, noon, noon.Add(2*sla.Hour))
		if !p.put("/api/v1/catalogue?as=kim", map[string]string{"downtime.yml": text}) {
			return
		}
		l.seen.excluded = append(l.seen.excluded, name)
		if day%4 == 3 {
			return // and let it work
		}
	}
}

// count asks the database beside the daemon; before it has tables, for −1.
func (l *life) count(query string) int {
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(l.dir, "data", "slmd.db")+"?mode=ro&_busy_timeout=5000")
	if err != nil {
		l.th.t.Fatal(err)
	}
	defer db.Close()
	n := -1
	if err := db.QueryRowContext(context.Background(), query).Scan(&n); err != nil {
		return -1
	}
	return n
}

// never gives a schedule that last came before the history and next comes months ahead.
func never(now sla.Instant) string {
	t := now.Time().UTC().AddDate(0, 2, 0)
	return fmt.Sprintf("0 6 %d %d *", min(t.Day(), 28), int(t.Month()))
}
