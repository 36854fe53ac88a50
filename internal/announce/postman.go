package announce

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

const (
	// giveUpAfter is for how long a mail is tried.
	giveUpAfter = sla.Day
	// The pauses between the attempts of one mail double from the first to the longest.
	firstPause, longestPause = sla.Minute, sla.Hour
	// mailsInOnePass bounds what is sent before the store is asked again.
	mailsInOnePass = 100
)

// Results of an attempt to send a mail, as they are counted.
const (
	MailSent    = "sent"
	MailRetried = "retried" // it will be tried again
	MailGivenUp = "given_up"
)

// MailResults lists them.
var MailResults = [...]string{MailSent, MailRetried, MailGivenUp}

// PostOptions say what a Postman reads and how it sends. Store, Catalogue,
// Standings, Now, Send and From are needed.
type PostOptions struct {
	Store     *store.Store
	Catalogue func() *sla.Catalogue
	Standings func() []sla.Standing
	// Review gives what the latest issued review of a period says; when it is nil no
	// review is mailed.
	Review func(ctx context.Context, agreement, period string) (*Review, error)
	// Behind reports whether facts are due that are not measured yet; may be nil.
	Behind func() bool
	Now    func() sla.Instant
	// Send hands a mail over, as SMTP.Send does.
	Send func(ctx context.Context, m Mail) (answer string, err error)

	From          string // its domain is that of the ids
	AlsoTo        []string
	Digest        string // cron in UTC; empty: no digest
	ExternalURL   string
	FinaliseAfter sla.Millis
	Every         time.Duration // between two passes; one minute

	// Tried, which may be nil, hears how each attempt went, and Waiting how many
	// mails wait after a pass.
	Tried   func(result string)
	Waiting func(mails int)
	Log     *slog.Logger
}

// Postman mails notices of breaches and reviews, and digests. What is to be mailed follows
// from the store, and what was mailed is on record there: a restart forgets
// nothing, and repeats at most the mail during which it happened.
type Postman struct {
	o      PostOptions
	writer *writer
	rhythm

	down    bool // the last mail could not be handed over
	retryAt sla.Instant
}

// NewPostman gives a postman that has not begun.
func NewPostman(o PostOptions) (*Postman, error) {
	w, err := newWriter()
	if err != nil {
		return nil, err
	}
	o.Every = cmp.Or(o.Every, time.Minute)
	if o.Behind == nil {
		o.Behind = func() bool { return false }
	}
	if o.Tried == nil {
		o.Tried = func(string) {}
	}
	if o.Waiting == nil {
		o.Waiting = func(int) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Postman{o: o, writer: w, rhythm: newRhythm()}, nil
}

// Start begins to mail, at once and from then on each minute. It is called once.
func (p *Postman) Start() {
	p.start(p.o.Every, func(ctx context.Context) {
		if err := p.Pass(ctx); err != nil && ctx.Err() == nil {
			p.o.Log.Error("mailing", "err", err)
		}
	})
}

// Pass plans what is to be mailed and sends what is due. It is for one
// goroutine; Start calls it.
func (p *Postman) Pass(ctx context.Context) error {
	now := p.o.Now()
	var todo planned
	if err := p.planBreaches(ctx, now, &todo); err != nil {
		return fmt.Errorf("looking for breaches to be mailed: %w", err)
	}
	reviewErr := p.planReviews(ctx, now, &todo) // one that cannot be read keeps no breach waiting
	if reviewErr != nil {
		reviewErr = fmt.Errorf("looking for reviews to be mailed: %w", reviewErr)
	}
	if err := p.planDigest(ctx, now, &todo); err != nil {
		return fmt.Errorf("looking for a digest to be mailed: %w", err)
	}
	if len(todo.add)+len(todo.drop) > 0 {
		if err := p.o.Store.PlanNotices(ctx, todo.add, todo.drop, now); err != nil {
			return err
		}
	}
	var err error
	if len(todo.add) >= maxPlanned {
		p.Wake() // what is to be told at once is planned before any of it is sent
	} else {
		err = p.send(ctx, now)
	}
	_, waiting, countErr := p.o.Store.Notices(ctx, store.NoticePending, sla.Always, 0)
	if countErr == nil {
		p.o.Waiting(waiting)
	}
	return errors.Join(reviewErr, err, countErr)
}

// send tries every mail that is due. It ends when the smarthost cannot be asked:
// the others would fare no better.
func (p *Postman) send(ctx context.Context, now sla.Instant) error {
	if now < p.retryAt {
		return nil
	}
	due, err := p.o.Store.DueNotices(ctx, now)
	if err != nil || len(due) == 0 {
		return err
	}
	sent := map[store.NoticeKind]map[string]int{}
	for _, kind := range []store.NoticeKind{store.BreachNotice, store.ReviewNotice} {
		if sent[kind], err = p.o.Store.MailsSent(ctx, kind, now.Add(-mailsWithin)); err != nil {
			return err
		}
	}
	for i, notices := range p.bundles(due, sent) {
		if i == mailsInOnePass {
			p.Wake()
			return nil
		}
		reachable, err := p.attempt(ctx, notices, now)
		if err != nil {
			return err
		}
		if !reachable {
			p.retryAt = now.Add(firstPause)
			return nil
		}
	}
	return nil
}

// attempt tries once to send the mail that tells of the notices, and records what
// came of it. It reports whether the smarthost can be asked.
func (p *Postman) attempt(ctx context.Context, notices []store.Notice, now sla.Instant) (reachable bool, err error) {
	if notices, err = p.o.Store.ReadMails(ctx, notices); err != nil {
		return false, err
	}
	answer, tryErr := p.try(ctx, notices)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	for i := range notices {
		notices[i] = outcome(notices[i], answer, tryErr, now)
	}
	if err := p.o.Store.NoticesTried(ctx, notices); err != nil {
		return false, err
	}
	p.note(notices, tryErr)
	return tryErr == nil || isAnswer(tryErr), nil
}

// try makes one attempt; a digest that has become old is not worth one. Whoever
// dies between the mail and its record leaves the notices fixed: the mail is
// then repeated as it was, with its id.
func (p *Postman) try(ctx context.Context, notices []store.Notice) (string, error) {
	if n := &notices[0]; n.Kind == store.Digest && p.o.Now() >= n.MadeAt.Add(digestFor) {
		return "", &AnswerError{Text: cmp.Or(n.Answer, "it became old before it could be sent")}
	}
	mail, err := p.mailOf(notices)
	if err != nil {
		return "", err
	}
	if err := p.o.Store.BeginMail(ctx, mail.MessageID, mail.Subject, notices); err != nil {
		return "", err
	}
	for i := range notices {
		notices[i].MessageID, notices[i].Subject = mail.MessageID, mail.Subject
	}
	failpoint("announce.mailing")
	answer, err := p.o.Send(ctx, mail)
	failpoint("announce.mailed")
	return answer, err
}

// outcome gives a notice as it stands after an attempt.
func outcome(n store.Notice, answer string, err error, now sla.Instant) store.Notice {
	n.Attempts++
	n.Mail = nil
	var unsure *UnsureError
	n.Fixed = errors.As(err, &unsure)
	switch {
	case err == nil:
		n.State, n.At, n.Answer = store.NoticeSent, now, answer
	case now >= n.MadeAt.Add(giveUpAfter):
		n.State, n.At, n.Answer = store.NoticeUndeliverable, now, err.Error()
	default:
		n.At, n.Answer = now.Add(pause(n.Attempts)), err.Error()
	}
	return n
}

// pause gives how long to wait after that many attempts.
func pause(attempts int) sla.Millis {
	wait := firstPause
	for range attempts - 1 {
		if wait *= 2; wait >= longestPause {
			return longestPause
		}
	}
	return wait
}

func isAnswer(err error) bool {
	var answer *AnswerError
	return errors.As(err, &answer)
}

// note counts an attempt, and says in the log what somebody has to know: that
// mail does not get through, that it does again, and what was given up.
func (p *Postman) note(notices []store.Notice, err error) {
	n := &notices[0]
	switch {
	case n.State == store.NoticeUndeliverable:
		p.o.Tried(MailGivenUp)
		p.o.Log.Error("a mail was given up", "subject", n.Subject, "to", n.Recipient, "attempts", n.Attempts, "err", err)
	case err != nil:
		p.o.Tried(MailRetried)
		if isAnswer(err) && n.Attempts == 1 {
			p.o.Log.Warn("a mail was not taken, trying again for a day", "subject", n.Subject, "to", n.Recipient, "err", err)
		}
	default:
		p.o.Tried(MailSent)
	}
	switch {
	case err != nil && !isAnswer(err):
		if !p.down {
			p.o.Log.Error("mail cannot be handed over, trying again", "err", err)
		}
		p.down = true
	case p.down:
		p.o.Log.Info("mail is handed over again")
		p.down = false
	}
}
