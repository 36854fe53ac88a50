package app

import (
	"context"
	"fmt"
	"os"
	"strings"

	commoncfg "github.com/prometheus/common/config"

	"github.com/slmd/slmd/internal/announce"
	"github.com/slmd/slmd/internal/config"
	"github.com/slmd/slmd/internal/render"
	"github.com/slmd/slmd/internal/report"
	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
	"github.com/slmd/slmd/internal/web"
)

// Smarthost gives what hands mail over as configured.
func Smarthost(m *config.Mail) (*announce.SMTP, error) {
	tls, err := commoncfg.NewTLSConfig(&m.TLSConfig)
	if err != nil {
		return nil, fmt.Errorf("mail: tls_config: %w", err)
	}
	return &announce.SMTP{
		Smarthost: m.Smarthost, From: m.From, Security: announce.Security(m.TLS), TLS: tls, Username: m.Username,
		Password: func() (string, error) {
			text, err := os.ReadFile(m.PasswordFile)
			return strings.TrimRight(string(text), "\r\n"), err
		},
	}, nil
}

// newPostman gives what mails notices and digests; nil when no mail is sent.
func (a *App) newPostman(cfg *config.Config) (*announce.Postman, error) {
	if cfg.Mail == nil {
		a.recorder.MailsWaiting(0)
		return nil, nil
	}
	host, err := Smarthost(cfg.Mail)
	if err != nil {
		return nil, err
	}
	return announce.NewPostman(announce.PostOptions{
		Store: a.store, Catalogue: a.catalogue, Standings: a.Standings, Now: a.now, Send: host.Send,
		Behind: func() bool { return a.cycle.Lag().Pending > 0 },
		From:   cfg.Mail.From, AlsoTo: cfg.Mail.AlsoTo, Digest: cfg.Mail.Digest, ExternalURL: a.externalURL(),
		FinaliseAfter: cfg.Measuring.FinaliseAfter, Review: a.reviewMail,
		Tried: a.recorder.MailTried, Waiting: a.recorder.MailsWaiting, Log: a.log,
	})
}

// reviewMail gives what a mail says of an issued review.
func (a *App) reviewMail(ctx context.Context, agreement, period string) (*announce.Review, error) {
	row, err := a.store.Report(ctx, agreement, period)
	if err != nil {
		return nil, err
	}
	review, err := report.Read(row.Doc)
	if err != nil {
		return nil, fmt.Errorf("reading the review %s/%s: %w", agreement, period, err)
	}
	review.Titles = review.Report.TitlesIn(a.catalogue())
	b := render.BriefOf(review)
	out := &announce.Review{
		Service: b.Service, Agreement: b.Agreement, Period: b.Period, Headline: b.Headline, State: b.State,
		Summary: review.Summary.Text, Credits: b.Credits, SHA256: review.SHA256,
	}
	for _, t := range b.Targets {
		out.Targets = append(out.Targets, announce.ReviewTarget(t))
	}
	return out, nil
}

func (a *App) catalogue() *sla.Catalogue { return a.cycle.Catalogue() }

// SendMails mails once what is to be mailed now, without waiting for the postman.
func (a *App) SendMails(ctx context.Context) error {
	a.mu.Lock()
	postman := a.messengers.postman
	a.mu.Unlock()
	if postman == nil {
		return nil
	}
	return postman.Pass(ctx)
}

// mailsShown bounds the mails that the status shows.
const mailsShown = 50

// mailStatus says what waits and what was given up within a month; nil when no
// mail is sent.
func (a *App) mailStatus(ctx context.Context) (*web.MailState, error) {
	cfg := a.config()
	if cfg.Mail == nil {
		return nil, nil
	}
	out := &web.MailState{Smarthost: cfg.Mail.Smarthost}
	since := a.now().Add(-31 * sla.Day)
	for _, of := range []struct {
		state store.NoticeState
		count *int
		list  *[]web.MailRow
	}{
		{store.NoticePending, &out.Waiting, &out.Mails},
		{store.NoticeUndeliverable, &out.Undeliverable, &out.Mails},
		{store.NoticeSent, &out.Sent, nil},
	} {
		from, limit := since, mailsShown
		if of.state == store.NoticePending {
			from = sla.Always
		}
		if of.list == nil {
			limit = 0
		}
		notices, count, err := a.store.Notices(ctx, of.state, from, limit)
		if err != nil {
			return nil, fmt.Errorf("reading what became of mails: %w", err)
		}
		*of.count = count
		for _, n := range notices {
			*of.list = append(*of.list, web.MailRow{
				To: n.Recipient, Subject: n.Subject, State: string(n.State), MadeAt: n.MadeAt, Attempts: n.Attempts, Answer: n.Answer,
			})
		}
	}
	return out, nil
}
