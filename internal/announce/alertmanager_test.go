package announce

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/testkit"
)

// eventually waits until is gives true.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for tick := time.NewTicker(50 * time.Millisecond); ; {
		if is() {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

func TestARealAlertmanagerTakesResendsAndResolves(t *testing.T) {
	am := testkit.StartAlertmanager(t, "")
	start := sla.At(time.Now())
	holds := breached("availability")
	holds.Since = start.Add(-sla.Hour)
	var condition atomic.Pointer[sla.Condition]
	condition.Store(&holds)
	var sent atomic.Int64
	a := New(Options{
		Now: func() sla.Instant { return sla.At(time.Now()) },
		Read: func(context.Context, sla.Instant) ([]sla.Condition, error) {
			return []sla.Condition{*condition.Load()}, nil
		},
		Terms:     Terms{Labels: map[string]string{"environment": "prod"}, ExternalURL: "http://localhost:9596"},
		Instances: []Instance{{am.URL(), &Alertmanager{URL: am.URL() + "/", Client: &http.Client{}}}},
		Resend:    100 * time.Millisecond,
		Sent:      func(_ string, n int) { sent.Add(int64(n)) },
	})
	a.Start()
	defer func() {
		if err := a.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}()

	eventually(t, "the alert arrives", func() bool { return len(am.Alerts(t)) == 1 })
	got := am.Alerts(t)[0]
	want := Compose([]sla.Condition{holds}, start, a.opts.Terms)[0]
	if !maps.Equal(got.Labels, want.Labels) || !maps.Equal(got.Annotations, want.Annotations) || !got.StartsAt.Equal(want.StartsAt) {
		t.Errorf("Alertmanager has %+v, want %+v", got, want)
	}
	first := got.EndsAt
	eventually(t, "the alert is resent", func() bool {
		alerts := am.Alerts(t)
		return len(alerts) == 1 && alerts[0].EndsAt.After(first) && sent.Load() > 2
	})

	ended := holds
	ended.Until = sla.At(time.Now())
	condition.Store(&ended)
	a.Wake()
	eventually(t, "the alert is resolved", func() bool { return len(am.Alerts(t)) == 0 })
}

func TestFault_B7_ARealAlertmanagerHasTheOthersOfABatchWithABadAlert(t *testing.T) {
	am := testkit.StartAlertmanager(t, "")
	now := sla.At(time.Now())
	conditions := []sla.Condition{breached("availability"), breached("errors"), breached("latency")}
	for i := range conditions {
		conditions[i].Since = now.Add(-sla.Hour)
	}
	alerts := Compose(conditions, now, Terms{})
	alerts[1].EndsAt = alerts[1].StartsAt.Add(-time.Minute) // no condition can make one like this
	c := &courier{
		Instance: Instance{"a", &Alertmanager{URL: am.URL(), Client: &http.Client{}}},
		opts:     &New(Options{}).opts,
	}
	var failed int
	c.opts.Failed = func(_ string, n int) { failed += n }
	if rest := c.deliver(t.Context(), alerts); len(rest) != 0 || failed != 1 {
		t.Errorf("%d alerts left to send, %d failed, want none and one", len(rest), failed)
	}
	if got := am.Alerts(t); len(got) != 2 {
		t.Errorf("Alertmanager has %v, want the two good ones", got)
	}
}

func TestAnAnswerThatIsNoSuccessIsTheReceiversWords(t *testing.T) {
	sink := testkit.NewSink(t)
	s := &Alertmanager{URL: sink.URL(), Client: &http.Client{}}
	if err := s.Send(t.Context(), Compose([]sla.Condition{breached("availability")}, noon, Terms{})); err != nil {
		t.Fatal(err)
	}
	posts := sink.Posts()
	if len(posts) != 1 || posts[0].Path != "/api/v2/alerts" || posts[0].Header.Get("Content-Type") != "application/json" || len(posts[0].Alerts) != 1 {
		t.Errorf("posted %+v", posts)
	}
	sink.Refuse(http.StatusUnauthorized, strings.Repeat("no entry ", 1000))
	err := s.Send(t.Context(), nil)
	var refused *RefusedError
	if !errors.As(err, &refused) || refused.Status != http.StatusUnauthorized || len(refused.Text) > maxAnswer || !strings.HasPrefix(refused.Text, "no entry") {
		t.Errorf("err = %v", err)
	}
	if blamesContent(err) {
		t.Error("a missing password is taken for a bad alert")
	}
}

func TestAnAnswerWithoutAnEndIsNotRead(t *testing.T) {
	sink := testkit.NewSink(t)
	sink.Answer(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var refused *RefusedError
	if err := (&Alertmanager{URL: sink.URL(), Client: &http.Client{}}).Send(ctx, nil); !errors.As(err, &refused) || ctx.Err() != nil {
		t.Errorf("err = %v, context %v", err, ctx.Err())
	}
}
