package testkit

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Message is one mail that a smarthost took.
type Message struct {
	From, To string
	TLS      bool
	User     string // who said the password, empty without one
	Header   mail.Header
	Text     string
	HTML     string
	Raw      []byte
}

// Subject gives the subject as people read it.
func (m *Message) Subject() string {
	s, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return err.Error()
	}
	return s
}

// Hang is no answer at all, when a script gives it: the smarthost is silent from then on.
const Hang = "hang"

// Smarthost plays a mail server: it records what it is given and answers as a
// server does, or as the test tells it to.
type Smarthost struct {
	t        testing.TB
	address  string
	implicit bool
	tls      *tls.Config
	ca       []byte

	mu       sync.Mutex
	listener net.Listener
	open     map[net.Conn]bool
	messages []Message
	script   func(verb string) string
	password string
}

// StartSmarthost starts one on a free port, with a certificate of its own that
// CA gives; with implicit it speaks TLS from the first byte, otherwise it offers
// STARTTLS.
func StartSmarthost(t testing.TB, implicit bool) *Smarthost {
	t.Helper()
	s := &Smarthost{t: t, implicit: implicit, open: map[net.Conn]bool{}, address: "127.0.0.1:0"}
	s.certify()
	s.Restart()
	t.Cleanup(s.Stop)
	return s
}

// Address gives host:port.
func (s *Smarthost) Address() string { return s.address }

// CA writes the certificate's authority into a file and gives its path.
func (s *Smarthost) CA() string { return writeFile(s.t, "ca.pem", bytes.NewReader(s.ca)) }

// Script makes the server answer a verb (CONNECT, EHLO, AUTH, MAIL, RCPT, DATA,
// DOT for the end of the mail …) by the function from now on; an empty answer is
// the usual one.
func (s *Smarthost) Script(f func(verb string) string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = f
}

// Want makes the server ask for a password.
func (s *Smarthost) Want(password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.password = password
}

// Messages gives what was taken so far.
func (s *Smarthost) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Stop ends the server and hangs up.
func (s *Smarthost) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener != nil {
		_ = s.listener.Close()
		s.listener = nil
	}
	for conn := range s.open {
		_ = conn.Close()
	}
}

// Restart starts the server again after Stop, on the same address.
func (s *Smarthost) Restart() {
	s.t.Helper()
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		s.t.Fatalf("starting the smarthost: %v", err)
	}
	s.address = l.Addr().String()
	if s.implicit {
		l = tls.NewListener(l, s.tls)
	}
	s.mu.Lock()
	s.listener = l
	s.mu.Unlock()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
}

func (s *Smarthost) certify() {
	s.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatalf("making a key: %v", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		s.t.Fatalf("making a certificate: %v", err)
	}
	s.tls = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	s.ca = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// session is one connection.
type session struct {
	*Smarthost
	conn    net.Conn
	text    *textproto.Conn
	secure  bool
	message Message
}

func (s *Smarthost) serve(conn net.Conn) {
	s.mu.Lock()
	s.open[conn] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.open, conn)
		s.mu.Unlock()
		_ = conn.Close()
	}()
	c := &session{Smarthost: s, conn: conn, text: textproto.NewConn(conn), secure: s.implicit}
	if !c.answer("CONNECT", "220 smarthost.example.com ready") {
		return
	}
	for {
		line, err := c.text.ReadLine()
		if err != nil || !c.command(line) {
			return
		}
	}
}

// answer gives the scripted answer or the usual one; false ends the session.
func (c *session) answer(verb, usual string) bool {
	switch said := c.scripted(verb); said {
	case "":
	case Hang:
		_, _ = io.Copy(io.Discard, c.conn) // until the other side hangs up
		return false
	default:
		usual = said
	}
	return c.text.PrintfLine("%s", usual) == nil
}

// scripted gives the answer that the test wants, empty for the usual one.
func (c *session) scripted(verb string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.script == nil {
		return ""
	}
	return c.script(verb)
}

func (c *session) command(line string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb = strings.ToUpper(verb); verb {
	case "EHLO", "HELO":
		return c.answer(verb, strings.Join(append(c.extensions(), "250 8BITMIME"), "\r\n"))
	case "STARTTLS":
		return c.startTLS()
	case "AUTH":
		return c.authenticate(rest)
	case "MAIL":
		c.message = Message{From: address(rest), TLS: c.secure, User: c.message.User}
		return c.answer(verb, "250 2.1.0 sender taken")
	case "RCPT":
		c.message.To = address(rest)
		return c.answer(verb, "250 2.1.5 recipient taken")
	case "DATA":
		return c.take()
	case "QUIT":
		c.answer(verb, "221 2.0.0 bye")
		return false
	}
	return c.answer(verb, "250 2.0.0 well")
}

func (c *session) extensions() []string {
	lines := []string{"250-smarthost.example.com", "250-ENHANCEDSTATUSCODES"}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.secure {
		lines = append(lines, "250-STARTTLS")
	}
	if c.password != "" {
		lines = append(lines, "250-AUTH PLAIN")
	}
	return lines
}

func (c *session) startTLS() bool {
	if !c.answer("STARTTLS", "220 2.0.0 go ahead") {
		return false
	}
	conn := tls.Server(c.conn, c.tls)
	if conn.Handshake() != nil {
		return false
	}
	c.text, c.secure = textproto.NewConn(conn), true
	return true
}

func (c *session) authenticate(rest string) bool {
	_, said, _ := strings.Cut(rest, " ")
	plain, _ := base64.StdEncoding.DecodeString(said)
	parts := strings.Split(string(plain), "\x00")
	c.mu.Lock()
	right := len(parts) == 3 && parts[2] == c.password
	c.mu.Unlock()
	if !right {
		return c.answer("AUTH", "535 5.7.8 not with "+said)
	}
	c.message.User = parts[1]
	return c.answer("AUTH", "235 2.7.0 welcome")
}

func (c *session) take() bool {
	if refusal := c.scripted("DATA"); refusal != "" {
		return c.answer("DATA", refusal)
	}
	if !c.answer("DATA", "354 go on") {
		return false
	}
	raw, err := c.text.ReadDotBytes()
	if err != nil {
		return false
	}
	c.message.Raw = raw
	c.message.read(c.t)
	if said := c.scripted("DOT"); said == "" || said[0] == '2' {
		c.mu.Lock()
		c.messages = append(c.messages, c.message)
		c.mu.Unlock()
	}
	return c.answer("DOT", "250 2.0.0 queued as 42")
}

// read takes the mail apart.
func (m *Message) read(t testing.TB) {
	parsed, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		t.Errorf("the mail cannot be read: %v\n%s", err, m.Raw)
		return
	}
	m.Header = parsed.Header
	_, params, err := mime.ParseMediaType(parsed.Header.Get("Content-Type"))
	if err != nil {
		t.Errorf("the type of the mail cannot be read: %v", err)
		return
	}
	parts := multipart.NewReader(parsed.Body, params["boundary"])
	for {
		part, err := parts.NextPart()
		if err != nil {
			return
		}
		text, err := io.ReadAll(part)
		if err != nil {
			t.Errorf("a part of the mail cannot be read: %v", err)
		}
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			m.HTML = string(text)
		} else {
			m.Text = string(text)
		}
	}
}

// address gives what stands in angle brackets.
func address(s string) string {
	_, s, _ = strings.Cut(s, "<")
	s, _, _ = strings.Cut(s, ">")
	return s
}
