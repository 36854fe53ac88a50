package store_test

import (
	"fmt"
	"testing"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

func notice(seq int, recipient string) store.Notice {
	return store.Notice{
		Kind: store.BreachNotice, About: 7, Seq: seq, Recipient: recipient, MessageID: "breach-7", Subject: "Missed",
		State: store.NoticePending, MadeAt: start, At: start, Mail: []byte("the mail"),
	}
}

func about(t *testing.T, s *store.Store) []store.Notice {
	t.Helper()
	out, err := s.NoticesAbout(t.Context(), store.BreachNotice, []int64{7, 8})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// due gives what is to be tried by the instant, with the mails.
func due(t *testing.T, s *store.Store, at sla.Instant) []store.Notice {
	t.Helper()
	out, err := s.DueNotices(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	if out, err = s.ReadMails(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	return out
}

func tried(t *testing.T, s *store.Store, notices ...store.Notice) {
	t.Helper()
	if err := s.NoticesTried(t.Context(), notices); err != nil {
		t.Fatal(err)
	}
}

func TestNotices_AreAddedOnceAndKeepWhatBecameOfThem(t *testing.T) {
	s := open(t)
	for range 2 {
		if err := s.PlanNotices(t.Context(), []store.Notice{notice(1, "kim@example.com"), notice(1, "lee@example.com")}, nil, start); err != nil {
			t.Fatal(err)
		}
	}
	waiting := due(t, s, start)
	want := []store.Notice{notice(1, "kim@example.com"), notice(1, "lee@example.com")}
	want[0].ID, want[1].ID = 1, 2
	equal(t, "due", waiting, want)
	equal(t, "due before their time", due(t, s, start-1), []store.Notice(nil))

	sent := waiting[0]
	sent.State, sent.Attempts, sent.At, sent.Answer = store.NoticeSent, 1, start.Add(1), "250 taken"
	tried(t, s, sent)
	again := waiting[1]
	again.Attempts, again.At, again.Answer = 1, start.Add(sla.Minute), "451 later"
	tried(t, s, again)
	sent.Mail, want[1] = []byte{}, again
	equal(t, "due a minute later", due(t, s, start.Add(sla.Minute)), []store.Notice{again})
	again.Mail = []byte{}
	equal(t, "about the record", about(t, s), []store.Notice{sent, again})

	// What is done stays as it is.
	sent.State, sent.Answer = store.NoticeUndeliverable, "no"
	tried(t, s, sent)
	if err := s.PlanNotices(t.Context(), []store.Notice{notice(2, "lee@example.com")}, []int64{sent.ID, again.ID}, start.Add(5)); err != nil {
		t.Fatal(err)
	}
	all := about(t, s)
	states := []store.NoticeState{all[0].State, all[1].State, all[2].State}
	equal(t, "states", states, []store.NoticeState{store.NoticeSent, store.NoticeDropped, store.NoticePending})
	newest, count, err := s.Notices(t.Context(), store.NoticeSent, start, 5)
	if err != nil || count != 1 || newest[0].Answer != "250 taken" {
		t.Errorf("sent: %+v, %d, %v", newest, count, err)
	}
	if _, count, _ := s.Notices(t.Context(), store.NoticeSent, start.Add(2), 5); count != 0 {
		t.Errorf("sent later: %d", count)
	}
}

func TestNotices_ThatOneMailTellsOfAreFixedWithItAndCountAsOne(t *testing.T) {
	s := open(t)
	all := []store.Notice{notice(1, "kim@example.com"), notice(2, "kim@example.com"), notice(3, "kim@example.com")}
	for i := range all {
		all[i].MessageID = fmt.Sprint("breach-", i)
	}
	if err := s.PlanNotices(t.Context(), all, nil, start); err != nil {
		t.Fatal(err)
	}
	waiting := due(t, s, start)
	if err := s.BeginMail(t.Context(), "breaches", "Two missed", waiting[:2]); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		waiting[i].MessageID, waiting[i].Subject, waiting[i].Fixed = "breaches", "Two missed", true
	}
	equal(t, "when the mail has begun", due(t, s, start), waiting)
	newest, count, err := s.Notices(t.Context(), store.NoticePending, sla.Always, 5)
	if err != nil || count != 2 || len(newest) != 2 {
		t.Errorf("two mails wait, but shown are %+v, %d, %v", newest, count, err)
	}
	for i := range 2 {
		waiting[i].State, waiting[i].Fixed, waiting[i].At = store.NoticeSent, false, start.Add(sla.Minute)
	}
	tried(t, s, waiting[:2]...)
	for after, want := range map[sla.Instant]map[string]int{start: {"kim@example.com": 1}, start.Add(sla.Minute): {}} {
		sent, err := s.MailsSent(t.Context(), store.BreachNotice, after)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "mails sent", sent, want)
	}
	if sent, err := s.MailsSent(t.Context(), store.ReviewNotice, start); err != nil || len(sent) != 0 {
		t.Errorf("mails of another kind: %v, %v", sent, err)
	}
}

func TestRecentBreaches_AreThoseOfPeriodsUnderWayAndThoseWithNews(t *testing.T) {
	s := open(t)
	old, told := breach(sla.BreachOpen, sla.BreachConfirmed), breach(sla.BreachOpen)
	old.Period, old.OpenedAt = sla.Period{Name: "2026-09", Span: sla.Span{From: start.Add(-90 * sla.Day), To: start.Add(-60 * sla.Day)}}, start.Add(-70*sla.Day)
	for i := range old.Transitions {
		old.Transitions[i].At = start.Add(-60 * sla.Day)
	}
	told.Period = sla.Period{Name: "2026-10", Span: sla.Span{From: start.Add(-60 * sla.Day), To: start.Add(-30 * sla.Day)}}
	current := breach(sla.BreachOpen)
	current.Transitions[0].At = current.Period.From
	record(t, s, store.Round{At: start, Breaches: []sla.Breach{old, told, current}})
	got, err := s.RecentBreaches(t.Context(), start)
	if err != nil || len(got) != 2 || got[0].Period.Name != "2026-10" || got[1].Period != november {
		t.Errorf("got %+v, %v", got, err)
	}
}
