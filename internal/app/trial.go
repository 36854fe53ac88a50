package app

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"github.com/slmd/slmd/internal/announce"
	"github.com/slmd/slmd/internal/config"
	"github.com/slmd/slmd/internal/sla"
)

// Trial is how a test alert or a test mail fared with one receiver.
type Trial struct {
	To     string // an address without credentials
	Answer string // in the receiver's own words
	Err    error  // why it was not taken; nil when it was
}

// Try sends a marked test alert to every Alertmanager of the configuration, and a
// marked test mail to the address, or to one that hears of everything where that
// is empty. It gives how each fared.
func Try(ctx context.Context, cfg *config.Config, mailTo string, now sla.Instant) []Trial {
	var out []Trial
	alert := announce.TestAlert(now, announce.Terms{Labels: cfg.Alerting.Labels})
	for i, am := range cfg.Alerting.Alertmanagers {
		t := Trial{To: withoutUser(am.URL)}
		t.Answer, t.Err = tryAlertmanager(ctx, am, fmt.Sprintf("alertmanager %d", i+1), alert)
		out = append(out, t)
	}
	if cfg.Mail == nil {
		return out
	}
	to := cmp.Or(mailTo, append(cfg.Mail.AlsoTo, cfg.Mail.From)[0])
	t := Trial{To: fmt.Sprintf("mail to %s through %s", to, cfg.Mail.Smarthost)}
	t.Answer, t.Err = tryMail(ctx, cfg.Mail, to, now)
	return append(out, t)
}

func tryAlertmanager(ctx context.Context, am config.Alertmanager, whose string, alert announce.Alert) (string, error) {
	client, err := httpClient(am.HTTP, whose)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, am.Timeout.Duration())
	defer cancel()
	status, text, err := (&announce.Alertmanager{URL: am.URL, Client: client}).Post(ctx, []announce.Alert{alert})
	if err != nil {
		return "", err
	}
	answer := fmt.Sprintf("%d %s", status, cmp.Or(text, http.StatusText(status)))
	if status/100 != 2 {
		return "", fmt.Errorf("answered %s", answer)
	}
	return answer, nil
}

func tryMail(ctx context.Context, cfg *config.Mail, to string, now sla.Instant) (string, error) {
	host, err := Smarthost(cfg)
	if err != nil {
		return "", err
	}
	mail, err := announce.TestMail(now, cfg.From, to)
	if err != nil {
		return "", err
	}
	return host.Send(ctx, mail)
}
