package announce

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wneessen/go-mail"
)

// Mail is one mail to one recipient.
type Mail struct {
	MessageID string // without angle brackets
	Thread    string // the id to which all mails about the same thing refer; may be empty
	To        string // the address
	ToName    string // of the person; may be empty
	Date      time.Time
	Letter
}

// Security is how the connection to a smarthost is secured.
type Security string

// Ways to secure a connection; the words are those of the configuration.
const (
	StartTLS      Security = "mandatory"     // STARTTLS, or nothing is sent
	Opportunistic Security = "opportunistic" // STARTTLS where it is offered; with a password as mandatory
	Implicit      Security = "implicit"      // TLS from the first byte on
	Plain         Security = "none"
)

// SMTP hands mail over to a smarthost. Every mail has a connection of its own.
type SMTP struct {
	Smarthost string // host:port
	From      string
	Security  Security
	TLS       *tls.Config // authorities and such; may be nil
	Username  string      // empty: slmd does not say who it is
	// Password is asked at each mail, so that a file may change.
	Password func() (string, error)
	Timeout  time.Duration // of one mail; thirty seconds when zero
}

// AnswerError is a smarthost's answer that is about one mail: others may be taken.
type AnswerError struct {
	Code int    // of SMTP
	Text string // the smarthost's own words, cut
}

// Error says the smarthost's words, which begin with the code.
func (e *AnswerError) Error() string { return "answered " + e.Text }

// UnsureError says that a mail may have been taken: the connection ended before
// the smarthost said so.
type UnsureError struct{ Err error }

// Error says why the connection ended.
func (e *UnsureError) Error() string { return e.Err.Error() }

// Unwrap gives why the connection ended.
func (e *UnsureError) Unwrap() error { return e.Err }

// Send hands one mail over and gives the smarthost's words. An *AnswerError says
// that it did not take this mail; any other error, that it could not be asked, an
// *UnsureError that it may have taken the mail nevertheless.
// No error holds the password.
func (s *SMTP) Send(ctx context.Context, m Mail) (answer string, err error) {
	password := ""
	if s.Username != "" {
		if password, err = s.Password(); err != nil {
			return "", fmt.Errorf("reading the password of the smarthost: %w", err)
		}
	}
	timeout := s.Timeout
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()
	answer, begun, err := s.deliver(ctx, m, password, timeout)
	switch {
	case err == nil:
		return clean(oneLine(answer), maxAnswer), nil
	case errors.Is(context.Cause(ctx), errTimeout):
		err = fmt.Errorf("handing a mail to %s: %w of %v", s.Smarthost, errTimeout, timeout)
	default:
		err = s.inWords(err, password)
	}
	var answered *AnswerError
	if begun && !errors.As(err, &answered) {
		err = &UnsureError{err}
	}
	return "", err
}

// deliver makes one attempt; begun says that the connection stood.
func (s *SMTP) deliver(ctx context.Context, m Mail, password string, timeout time.Duration) (answer string, begun bool, err error) {
	message, err := s.message(m)
	if err != nil {
		return "", false, err
	}
	line := &line{smtp: s}
	defer line.hangUp()
	defer context.AfterFunc(ctx, line.hangUp)()
	client, err := s.client(line, password, timeout)
	if err != nil {
		return "", false, err
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return "", false, err
	}
	if err := client.SendWithSMTPClient(session, message); err != nil && !message.IsDelivered() {
		return "", true, err
	}
	_ = session.Quit() // the mail is theirs already
	return "250 " + message.ServerResponse(), true, nil
}

func (s *SMTP) client(l *line, password string, timeout time.Duration) (*mail.Client, error) {
	host, port, err := net.SplitHostPort(s.Smarthost)
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("the port %q is not a number", port)
	}
	policy := mail.TLSMandatory // with a password always
	switch {
	case s.Security == Implicit: // what is dialled is encrypted already
		policy = mail.TLSOpportunistic
	case s.Username != "":
	case s.Security == Opportunistic:
		policy = mail.TLSOpportunistic
	case s.Security == Plain:
		policy = mail.NoTLS
	}
	options := []mail.Option{
		mail.WithPort(number), mail.WithTimeout(timeout + time.Hour), // the context ends it, and names the reason
		mail.WithTLSPolicy(policy), mail.WithTLSConfig(s.tlsConfig(host)),
		mail.WithDialContextFunc(l.dial), mail.WithoutNoop(), mail.WithoutRset(),
	}
	if s.Username != "" {
		options = append(options, mail.WithUsername(s.Username), mail.WithPassword(password),
			mail.WithOpportunisticSMTPAuth(mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1, mail.SMTPAuthPlain, mail.SMTPAuthLogin))
	}
	return mail.NewClient(host, options...)
}

func (s *SMTP) tlsConfig(host string) *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.TLS != nil {
		config = s.TLS.Clone()
		config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	}
	if config.ServerName == "" {
		config.ServerName = host
	}
	return config
}

func (s *SMTP) message(m Mail) (*mail.Msg, error) {
	message := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := message.FromFormat("slmd", s.From); err != nil {
		return nil, fmt.Errorf("the address %s that mail comes from: %w", s.From, err)
	}
	if err := message.AddToFormat(oneLine(m.ToName), m.To); err != nil {
		return nil, fmt.Errorf("the address %s: %w", m.To, err)
	}
	message.Subject(oneLine(m.Subject))
	message.SetDateWithValue(m.Date)
	message.SetMessageIDWithValue(m.MessageID)
	if m.Thread != "" {
		message.SetGenHeader(mail.HeaderReferences, "<"+m.Thread+">")
	}
	message.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no answers from holidays
	message.SetUserAgent("slmd")
	sum := sha256.Sum256([]byte(m.MessageID))
	message.SetBoundary("slmd-" + hex.EncodeToString(sum[:12])) // the same mail twice is the same bytes
	message.SetBodyString(mail.TypeTextPlain, m.Text)
	message.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	return message, nil
}

// inWords tells answers about one mail from all else, and leaves the password out.
func (s *SMTP) inWords(err error, password string) error {
	text := oneLine(err.Error())
	if password != "" {
		for _, secret := range []string{
			password, base64.StdEncoding.EncodeToString([]byte(password)),
			base64.StdEncoding.EncodeToString([]byte("\x00" + s.Username + "\x00" + password)),
		} {
			text = strings.ReplaceAll(text, secret, "<secret>")
		}
	}
	text = clean(quotedAnswer.ReplaceAllString(text, "$1 $2"), maxAnswer)
	var refused *mail.SendError
	if errors.As(err, &refused) && refused.ErrorCode() >= 400 {
		return &AnswerError{Code: refused.ErrorCode(), Text: ownWords(text, refused.ErrorCode())}
	}
	return fmt.Errorf("handing a mail to %s: %s", s.Smarthost, text)
}

// quotedAnswer is how package textproto writes an answer.
var quotedAnswer = regexp.MustCompile(`\b([45]\d\d) "((?:[^"\\]|\\.)*)"`)

// ownWords gives the smarthost's part of the library's sentence.
func ownWords(text string, code int) string {
	text, _, _ = strings.Cut(text, ", affected ")
	if at := strings.Index(text, strconv.Itoa(code)); at > 0 {
		return text[at:]
	}
	return text
}

// line is the connection of one mail. It is kept here since the library does not
// close it when a greeting or an authentication goes wrong.
type line struct {
	smtp *SMTP

	mu   sync.Mutex
	conn net.Conn
	over bool
}

// dial connects.
func (l *line) dial(ctx context.Context, network, address string) (conn net.Conn, err error) {
	host, _, err := net.SplitHostPort(l.smtp.Smarthost)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{}
	if l.smtp.Security == Implicit {
		conn, err = (&tls.Dialer{NetDialer: dialer, Config: l.smtp.tlsConfig(host)}).DialContext(ctx, network, address)
	} else {
		conn, err = dialer.DialContext(ctx, network, address)
	}
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return nil, errors.Join(context.Canceled, conn.Close())
	}
	l.conn = conn
	return conn, nil
}

// hangUp ends the connection whatever goes on in it. It may be called again.
func (l *line) hangUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	if l.conn != nil {
		_ = l.conn.Close() // it may be closed already
	}
}
