package web

import (
	"strconv"

	"github.com/slmd/slmd/internal/sla"
)

// MailState is what becomes of mails: how many wait, and how many were sent and
// given up within a month, with those that wait or were given up.
type MailState struct {
	Smarthost     string    `json:"smarthost"`
	Waiting       int       `json:"waiting"`
	Sent          int       `json:"sent"`
	Undeliverable int       `json:"undeliverable"`
	Mails         []MailRow `json:"mails"`
}

// MailRow is a mail that waits or was given up.
type MailRow struct {
	To       string      `json:"to"`
	Subject  string      `json:"subject"`
	State    string      `json:"state"` // pending, undeliverable
	MadeAt   sla.Instant `json:"made_at"`
	Attempts int         `json:"attempts"`
	Answer   string      `json:"answer"` // to the last attempt
}

// mailView is MailState as the status page shows it.
type mailView struct {
	*MailState
	Rows []mailRowView
}

type mailRowView struct{ To, Subject, State, Since, Attempts, Answer string }

func (h *handler) mailView(f *frame, m *MailState) *mailView {
	if m == nil {
		return nil
	}
	v := &mailView{MailState: m}
	for _, row := range m.Mails {
		state := f.say("waiting")
		if row.State == "undeliverable" {
			state = f.say("given up")
		}
		v.Rows = append(v.Rows, mailRowView{row.To, row.Subject, state, f.moment(row.MadeAt, h.zone()), f.Number(strconv.Itoa(row.Attempts)), row.Answer})
	}
	return v
}
