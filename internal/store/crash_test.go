package store_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// childFile names the file on which a child process of a test works, childDoes what it does.
const (
	childFile = "STORE_TEST_CHILD_FILE"
	childDoes = "STORE_TEST_CHILD_DOES"
	childNote = "STORE_TEST_CHILD_NOTE" // the record of the disk, for a power cut
)

func TestMain(m *testing.M) {
	if file := os.Getenv(childFile); file != "" {
		if err := child(file, os.Getenv(childDoes)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

const crashIndicators = 40

// crashRound is the n-th round of the crash test: facts, a state that tells the
// round, a verdict, and from time to time a breach.
func crashRound(n int) store.Round {
	r := liveRound(crashIndicators, n, []byte(fmt.Sprint(n)))
	v := verdict(sla.Met, true)
	v.Totals.Count = n
	r.Verdicts = []sla.Verdict{v}
	if n%10 == 0 {
		b := breach(sla.BreachOpen)
		b.Period.Name = fmt.Sprint(n)
		r.Breaches = []sla.Breach{b}
	}
	return r
}

// child opens the file and says so; to write, it goes on with the rounds for
// ever and says the number of each that was recorded.
func child(file, does string) error {
	if does == "power" {
		return lives(file, os.Getenv(childNote))
	}
	s, err := store.Open(context.Background(), file, store.Options{})
	if err != nil {
		return err
	}
	fmt.Println("open")
	if does == "hold" {
		_, err := io.Copy(io.Discard, os.Stdin)
		return err
	}
	cursors, err := s.Cursors(context.Background())
	if err != nil {
		return err
	}
	n := 0
	if c, ok := cursors["indicator-00000"]; ok {
		n = int(c.Sub(start) / sla.Minute)
	}
	for ; ; n++ {
		if err := s.AppendAudit(context.Background(), store.Action{Actor: kim, Action: "round", Text: fmt.Sprint(n)}); err != nil {
			return err
		}
		if _, err := s.RecordRound(context.Background(), crashRound(n)); err != nil {
			return err
		}
		fmt.Println(n)
	}
}

type process struct {
	*exec.Cmd
	says  *bufio.Scanner
	stdin io.Closer
}

func startChild(t *testing.T, file, does string) *process {
	t.Helper()
	p := &process{Cmd: exec.CommandContext(t.Context(), os.Args[0])}
	p.Env = append(os.Environ(), childFile+"="+file, childDoes+"="+does)
	p.Stderr = os.Stderr
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if p.stdin, err = p.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	p.says = bufio.NewScanner(out)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	if !p.says.Scan() || p.says.Text() != "open" {
		t.Fatalf("the child said %q", p.says.Text())
	}
	return p
}

func TestFault_C9_AFileHeldByAnotherProcessIsRefusedWithItsNumber(t *testing.T) {
	file := filepath.Join(t.TempDir(), "slmd.db")
	p := startChild(t, file, "hold")
	_, err := store.Open(t.Context(), file, store.Options{})
	refused(t, err, file, fmt.Sprintf("in use by another slmd process (pid %d)", p.Process.Pid), "--slmd.url")
	reader, err := store.OpenReadOnly(t.Context(), file, store.Options{})
	if err != nil {
		t.Errorf("reading beside it: %v", err)
	} else if err := reader.Close(); err != nil {
		t.Error(err)
	}
	if err := p.stdin.Close(); err != nil {
		t.Error(err)
	}
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
	openFile(t, file)
}

func TestFault_C1_AfterAKillEveryRoundIsThereWholeOrNotAtAll(t *testing.T) {
	file := filepath.Join(t.TempDir(), "slmd.db")
	for kill := range 8 {
		p := startChild(t, file, "write")
		said := -1
		for range 5 + 7*kill {
			if !p.says.Scan() {
				t.Fatal("the child ended by itself")
			}
			if _, err := fmt.Sscan(p.says.Text(), &said); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for p.says.Scan() { // what it acknowledged before the kill came
			if _, err := fmt.Sscan(p.says.Text(), &said); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Fatalf("the child ended with %v", err)
		}
		s := openFile(t, file)
		checkCrashed(t, s, said)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// checkCrashed says what must hold in a file whose writer acknowledged rounds up to said.
func checkCrashed(t *testing.T, s *store.Store, said int) {
	t.Helper()
	equal(t, "findings", findings(t, s), []string(nil))
	heads, err := s.Heads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	last := int(heads["indicator-00000"].Cursor.Sub(start)/sla.Minute) - 1
	if last < said || last > said+1 {
		t.Fatalf("the last round on file is %d, the last one acknowledged %d", last, said)
	}
	want := map[string][]sla.Entry{}
	for n := range last + 1 {
		for _, o := range crashRound(n).Outcomes {
			want[o.Indicator] = append(want[o.Indicator], o.Entries...)
		}
	}
	equal(t, "ledger", eachOf(t, s, allTime), want)
	for name, h := range heads {
		equal(t, name, h, store.Head{First: start, Cursor: start.Add(sla.Millis(last+1) * sla.Minute), Definition: 1, State: []byte(fmt.Sprint(last))})
	}
	if got := verdicts(t, s, "", allTime); len(got) != 1 || got[0].Totals.Count != last {
		t.Errorf("the verdict is not of round %d: %+v", last, got)
	}
	breaches, err := s.Breaches(t.Context(), allTime)
	if err != nil || len(breaches) != last/10+1 {
		t.Errorf("there are %d breaches after round %d (%v)", len(breaches), last, err)
	}
	head, err := s.AuditHead(t.Context())
	if err != nil || int(head.Seq) < said+1 {
		t.Errorf("the audit log ends at %d, %v; acknowledged were %d rounds", head.Seq, err, said+1)
	}
}
