package calendar

import (
	_ "embed" // the zone files
	"encoding/binary"
)

// zones holds the zone files of the IANA time zone database, which is in the
// public domain, as the Go distribution comes with them: a zip file in which
// nothing is compressed. Package time would take the machine's own files first,
// and the same facts would be judged otherwise where those are old.
//
//go:embed zoneinfo.zip
var zones []byte

// Where things stand in a zip file: its tail, an entry of its directory, and
// the header before a file's bytes.
const (
	zipTail, zipFiles, zipDirectory = 22, 10, 16

	entryLength, entrySize, entryNameLength           = 46, 24, 28
	entryExtraLength, entryCommentLength, entryHeader = 30, 32, 42

	headerLength, headerNameLength, headerExtraLength = 30, 26, 28
)

// zoneFile gives the zone file of that name out of a zip file; nil where there is none.
func zoneFile(archive []byte, name string) []byte {
	short := func(at int) int { return int(binary.LittleEndian.Uint16(archive[at:])) }
	long := func(at int) int { return int(binary.LittleEndian.Uint32(archive[at:])) }
	tail := len(archive) - zipTail
	at := long(tail + zipDirectory)
	for range short(tail + zipFiles) {
		names := at + entryLength
		end := names + short(at+entryNameLength)
		if string(archive[names:end]) != name {
			at = end + short(at+entryExtraLength) + short(at+entryCommentLength)
			continue
		}
		header, size := long(at+entryHeader), long(at+entrySize)
		from := header + headerLength + short(header+headerNameLength) + short(header+headerExtraLength)
		return archive[from : from+size]
	}
	return nil
}
