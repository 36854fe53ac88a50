package announce

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Sender delivers one batch of alerts to one receiver. A *RefusedError says
// that the receiver answered and did not take the batch; any other error, that
// it may take it later.
type Sender interface {
	Send(ctx context.Context, alerts []Alert) error
}

// RefusedError is an answer that is not a success.
type RefusedError struct {
	Status int    // of HTTP
	Text   string // the receiver's own words, cut
}

// Error says the status and the receiver's words.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("answered %d: %s", e.Status, e.Text)
}

// blamesContent reports whether an error is about what was sent, so that a
// smaller batch may be taken.
func blamesContent(err error) bool {
	var refused *RefusedError
	if !errors.As(err, &refused) {
		return false
	}
	switch refused.Status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 1024

// Alertmanager sends to the API v2 of one Alertmanager.
type Alertmanager struct {
	URL    string       // without /api/v2/alerts, such as http://localhost:9093
	Client *http.Client // with authentication and TLS, as configured
}

// Send posts the alerts in one request.
func (a *Alertmanager) Send(ctx context.Context, alerts []Alert) error {
	status, text, err := a.Post(ctx, alerts)
	if err != nil || status/100 == 2 {
		return err
	}
	return &RefusedError{Status: status, Text: text}
}

// Post posts the alerts in one request and gives what was answered: the status
// of HTTP and the receiver's own words, cut. An error says that there was no answer.
func (a *Alertmanager) Post(ctx context.Context, alerts []Alert) (status int, text string, err error) {
	body, err := Encode(alerts)
	if err != nil {
		return 0, "", fmt.Errorf("writing the alerts as JSON: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(a.URL, "/")+"/api/v2/alerts", bytes.NewReader(body))
	if err != nil {
		return 0, "", fmt.Errorf("posting alerts: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "slmd")
	failpoint("announce.sending")
	resp, err := a.Client.Do(req)
	failpoint("announce.sent")
	if err != nil {
		return 0, "", fmt.Errorf("posting alerts: %w", err)
	}
	defer resp.Body.Close()
	words, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		words = fmt.Appendf(words, " (%v)", err) // what comes after the status does not matter
	}
	return resp.StatusCode, clean(strings.TrimSpace(string(words)), maxAnswer), nil
}
