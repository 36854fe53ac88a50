package testkit

import (
	"context"
	_ "embed" // the script that looks at pages
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Browser is a Chromium without a window, with a profile of its own.
type Browser struct {
	t   testing.TB
	ctx context.Context //nolint:containedctx // chromedp hands the tab about in it

	mu       sync.Mutex
	problems []string
	asked    []string
}

// browserPatience bounds all that a test does in its browser.
const browserPatience = 3 * time.Minute

// StartBrowser starts the chromium that is installed on this machine; the end
// of the test ends it.
func StartBrowser(t testing.TB) *Browser {
	t.Helper()
	binary := NeedBinary(t, "chromium", "chromium")
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(binary), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true),
	)
	ctx, end := context.WithTimeout(context.Background(), browserPatience)
	t.Cleanup(end)
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(ctx)
	t.Cleanup(closeTab)
	b := &Browser{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatalf("starting chromium: %v", err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatalf("watching what chromium asks for: %v", err)
	}
	return b
}

// hear notes what the page complains of and what it asks for.
func (b *Browser) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.asked = append(b.asked, e.Request.URL)
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, "exception: "+e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		b.problems = append(b.problems, string(e.Entry.Level)+": "+e.Entry.Text)
	}
}

// Open loads a page and waits until it is there.
func (b *Browser) Open(address string) {
	b.t.Helper()
	b.do(chromedp.Navigate(address))
}

// Problems gives what pages complained of since the last call, and requests
// that went to another host than that of the address.
func (b *Browser) Problems(address string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.problems
	own, err := url.Parse(address)
	if err != nil {
		b.t.Fatalf("%q is not an address: %v", address, err)
	}
	for _, to := range b.asked {
		if u, err := url.Parse(to); err == nil && u.Host != own.Host && u.Scheme != "data" && u.Scheme != "about" {
			out = append(out, "a request to "+to)
		}
	}
	b.problems, b.asked = nil, nil
	return out
}

// Look sets how the page is looked at: the width in pixels of CSS, the colours
// (light or dark) and the medium (screen or print).
func (b *Browser) Look(width int, colours, medium string) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(int64(width), 900))
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: medium, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: colours}},
	})
	if err != nil {
		b.t.Fatalf("setting the medium: %v", err)
	}
}

// Ask evaluates a script that gives a list of texts.
func (b *Browser) Ask(script string) []string {
	b.t.Helper()
	out, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](script))
	if err != nil {
		b.t.Fatalf("asking the page: %v", err)
	}
	return out
}

// Press presses keys, one after the other.
func (b *Browser) Press(keys string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys))
}

// Location gives the address of the page.
func (b *Browser) Location() string {
	b.t.Helper()
	at, err := chromedp.Run(b.ctx, chromedp.Location())
	if err != nil {
		b.t.Fatalf("asking for the address: %v", err)
	}
	return at
}

// looking asks a page what is wrong with how it looks and reads.
//
//go:embed looking.js
var looking string

// Wrong gives what is wrong with how the page looks and reads as it stands: it
// scrolls sideways, text lies on text or is too faint, or a part has no name.
func (b *Browser) Wrong() []string {
	b.t.Helper()
	return b.Ask(looking)
}

// Text gives the text of the whole page.
func (b *Browser) Text() string { return strings.Join(b.Ask(`[document.body.innerText]`), "") }

// Picture gives the page as a PNG, as far down as it goes.
func (b *Browser) Picture() []byte {
	b.t.Helper()
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatalf("taking a picture of the page: %v", err)
	}
	return png
}

func (b *Browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatalf("in the browser: %v", err)
	}
}
