package telemetry

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// PushOptions say what is pushed, and where. URL, Client, Every and Page are needed.
type PushOptions struct {
	URL    string // such as http://victoria:8428/api/v1/import/prometheus
	Client *http.Client
	Every  time.Duration
	Page   func(io.Writer) error // writes the page
	// Done, which may be nil, hears whether a push was taken.
	Done func(ok bool)
	Log  *slog.Logger
}

// Pusher posts the page of metrics regularly, for those that cannot scrape it.
// What could not be posted is not kept: the next page says what is then.
type Pusher struct {
	o      PushOptions
	down   bool
	cancel context.CancelFunc
	doing  sync.WaitGroup
}

// longestPush bounds one push.
const longestPush = 30 * time.Second

// NewPusher gives a pusher that has not begun.
func NewPusher(o PushOptions) *Pusher {
	if o.Done == nil {
		o.Done = func(bool) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Pusher{o: o}
}

// Start pushes at once and from then on regularly. It is called once.
func (p *Pusher) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	p.doing.Go(func() {
		tick := time.NewTicker(p.o.Every)
		defer tick.Stop()
		for {
			p.turn(ctx)
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
}

// Stop ends a push under way. It may be called again, and before Start.
func (p *Pusher) Stop(context.Context) error {
	if p.cancel != nil {
		p.cancel()
		p.doing.Wait() // a request ends with its context
	}
	return nil
}

// turn pushes, counts, and says in the log when it begins to fail and when it
// is well again.
func (p *Pusher) turn(ctx context.Context) {
	err := p.Push(ctx)
	if ctx.Err() != nil {
		return
	}
	p.o.Done(err == nil)
	switch {
	case err != nil && !p.down:
		p.o.Log.Error("metrics are not pushed, trying again", "err", err)
	case err == nil && p.down:
		p.o.Log.Info("metrics are pushed again")
	}
	p.down = err != nil
}

// Push posts the page once. The error holds no parameter of the address: they
// may be secret.
func (p *Pusher) Push(ctx context.Context) error {
	var body bytes.Buffer
	z := gzip.NewWriter(&body)
	if err := errors.Join(p.o.Page(z), z.Close()); err != nil {
		return fmt.Errorf("writing the metrics to be pushed: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, longestPush)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.o.URL, &body)
	if err != nil {
		return errors.New("pushing metrics: the address cannot be used")
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Content-Encoding", "gzip")
	req.Header.Set("User-Agent", "slmd")
	resp, err := p.o.Client.Do(req)
	if err != nil {
		var about *url.Error
		if errors.As(err, &about) {
			err = about.Err
		}
		return fmt.Errorf("pushing metrics to %s: %w", req.URL.Host, err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxPushAnswer)) // the status says enough
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("pushing metrics to %s: it answered %d: %s", req.URL.Host, resp.StatusCode,
			cmp.Or(strings.TrimSpace(strings.ToValidUTF8(string(text), "\uFFFD")), "nothing"))
	}
	return nil
}

// maxPushAnswer bounds what is read of an answer, in bytes.
const maxPushAnswer = 1024
