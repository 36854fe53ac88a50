package announce

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// retryAfter is the pause after an instance did not answer.
	retryAfter = 5 * time.Second
	// maxSplits bounds the extra requests with which the bad alerts of one
	// delivery are looked for: eight bad ones in a batch of 256 need about so many.
	maxSplits = 128
)

// courier brings alerts to one instance. It holds one set that is still to be
// delivered; a newer set takes its place, since it says all that holds.
type courier struct {
	Instance
	opts *Options
	post chan []Alert // the newest set, at most one

	last   string // key of the alert delivered last
	splits int    // still allowed in this delivery
	down   bool   // the last request was not answered with success
}

// offer puts a set in the place of the one that waits. Only one goroutine offers.
func (c *courier) offer(alerts []Alert) {
	select {
	case <-c.post:
	default:
	}
	c.post <- alerts
}

// run delivers until ctx ends.
func (c *courier) run(ctx context.Context) {
	var rest []Alert
	for {
		var retry <-chan time.Time
		if len(rest) > 0 {
			retry = time.After(retryAfter)
		}
		select {
		case <-ctx.Done():
			return
		case newer := <-c.post:
			if len(rest) > 0 {
				newer = following(newer, c.last)
			}
			rest = newer
		case <-retry:
		}
		rest = c.deliver(ctx, rest)
	}
}

// deliver sends the alerts in batches and gives those that are still to be
// sent. A newer set that comes meanwhile is taken up where the older one stood:
// a slow instance hears of every alert in turn, and nothing stale.
func (c *courier) deliver(ctx context.Context, rest []Alert) []Alert {
	c.splits = maxSplits
	for len(rest) > 0 {
		select {
		case newer := <-c.post:
			rest = following(newer, c.last)
			continue
		default:
		}
		batch := rest[:min(len(rest), c.opts.Batch)]
		if !c.send(ctx, batch) {
			return rest
		}
		c.last = batch[len(batch)-1].key
		rest = rest[len(batch):]
	}
	return nil
}

// send brings one batch to the instance. A batch whose content is refused is
// halved until the bad alert stands alone. It gives false when the instance
// cannot be reached now.
func (c *courier) send(ctx context.Context, batch []Alert) bool {
	err := c.try(ctx, batch)
	switch {
	case err == nil:
		c.recovered()
		c.opts.Sent(c.Name, len(batch))
		c.opts.Took(c.Name, batch)
		return true
	case ctx.Err() != nil:
		return false
	case !blamesContent(err):
		c.unreachable(err, len(batch))
		return false
	case len(batch) == 1 || c.splits <= 0:
		c.opts.Failed(c.Name, len(batch))
		c.opts.Log.Error("alerts refused", "alertmanager", c.Name, "alerts", len(batch), "first", describe(&batch[0]), "err", err)
		return true
	}
	c.splits -= 2
	half := len(batch) / 2
	return c.send(ctx, batch[:half]) && c.send(ctx, batch[half:])
}

// try makes one request with its own deadline.
func (c *courier) try(ctx context.Context, batch []Alert) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.opts.Timeout, errTimeout)
	defer cancel()
	err := c.Sender.Send(ctx, batch)
	if err != nil && errors.Is(context.Cause(ctx), errTimeout) {
		return fmt.Errorf("%w of %v", errTimeout, c.opts.Timeout)
	}
	return err
}

var errTimeout = errors.New("no answer within the timeout")

// unreachable counts, and says it once until the instance is back.
func (c *courier) unreachable(err error, alerts int) {
	c.opts.Failed(c.Name, alerts)
	if !c.down {
		c.opts.Log.Error("alerts not delivered, trying again", "alertmanager", c.Name, "err", err)
	}
	c.down = true
}

func (c *courier) recovered() {
	if c.down {
		c.opts.Log.Info("alerts are delivered again", "alertmanager", c.Name)
	}
	c.down = false
}

// following gives the alerts in turn, from the first one behind the key on.
func following(alerts []Alert, key string) []Alert {
	at, _ := slices.BinarySearchFunc(alerts, key, func(a Alert, key string) int {
		return strings.Compare(a.key, key+"\x00")
	})
	return slices.Concat(alerts[at:], alerts[:at])
}

// describe names an alert in a log.
func describe(a *Alert) string {
	l := a.Labels
	return strings.Join([]string{l["alertname"], l["agreement"], l["objective"], l["indicator"]}, " ")
}
