package announce

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/slmd/slmd/internal/sla"
)

// TestAlertname is the name of the alert that only shows that alerts arrive.
const TestAlertname = "SLMTest"

// testLasts is how long a test alert holds.
const testLasts = 5 * time.Minute

// TestAlert gives an alert that says that nothing is wrong.
func TestAlert(now sla.Instant, terms Terms) Alert {
	labels := map[string]string{}
	maps.Copy(labels, terms.Labels)
	maps.Copy(labels, map[string]string{"alertname": TestAlertname, "severity": "info", "test": "true"})
	return Alert{
		Labels: labels, StartsAt: now.Time(), EndsAt: now.Time().Add(testLasts), GeneratorURL: terms.ExternalURL,
		Annotations: map[string]string{
			"summary":     "A test of slmd: nothing is wrong.",
			"description": "Somebody sent this with slmtool alert test to see whether alerts arrive. It ends by itself in five minutes.",
		},
	}
}

// TestMail gives a mail that says that nothing is wrong.
func TestMail(now sla.Instant, from, to string) (Mail, error) {
	w, err := newWriter()
	if err != nil {
		return Mail{}, err
	}
	letter, err := w.write(&sheet{
		Subject: "[SLM] Test: nothing is wrong", Title: "A test of slmd: nothing is wrong.", Mark: markOf(sla.Met),
		Lead: "Somebody sent this with slmtool alert test to see whether mail arrives.", Foot: "Sent at " + now.String() + ".",
	})
	if err != nil {
		return Mail{}, err
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", now, to))
	_, domain, _ := strings.Cut(from, "@")
	return Mail{MessageID: "test." + hex.EncodeToString(sum[:10]) + "@" + domain, To: to, Date: now.Time(), Letter: letter}, nil
}
