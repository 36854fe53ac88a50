package store

import "github.com/slmd/slmd/internal/sla"

// Report is a service review as it is kept: its document, drafted or issued.
type Report struct {
	Agreement string
	Period    string // its name, such as 2026-11
	Revision  int    // counts from 1 per agreement and period
	Issued    bool   // an issued one never changes
	Reason    string // why there is another revision; empty for the first
	Doc       []byte // JSON, byte for byte
	SHA256    string // of Doc, hexadecimal
	At        sla.Instant
	By        string
}
