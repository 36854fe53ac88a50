package testkit

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

//go:embed testdata/disk.c
var diskSource []byte

// DiskLibrary builds the library that stands between a program and the C
// library, and gives the variables of its environment: it watches the files of
// dir. With a name for record, it appends each operation to it; while a file
// named fail exists that holds "fsync" or "write", the next one fails with EIO.
func DiskLibrary(t testing.TB, dir, record, fail string) []string {
	t.Helper()
	gcc := NeedBinary(t, "gcc", "gcc")
	source := writeFile(t, "disk.c", bytes.NewReader(diskSource))
	library := filepath.Join(filepath.Dir(source), "disk.so")
	if out, err := exec.Command(gcc, "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", library, source).CombinedOutput(); err != nil {
		t.Fatalf("building the library that watches the disk: %v\n%s", err, out)
	}
	env := []string{"LD_PRELOAD=" + library, "DISK_FILES=" + dir}
	if record != "" {
		env = append(env, "DISK_RECORD="+record)
	}
	if fail != "" {
		env = append(env, "DISK_FAIL="+fail)
	}
	return env
}

// DiskOpKind is what was done to a file.
type DiskOpKind uint32

// Kinds of operations, as the library writes them; marks are the test's own.
const (
	DiskWrite DiskOpKind = iota + 1
	DiskTruncate
	DiskSync
	DiskCreate
	DiskUnlink
	DiskMark
)

// DiskOp is one operation of a record.
type DiskOp struct {
	Kind   DiskOpKind
	Path   string
	Offset int64 // of a write; the size that is left, of a truncation
	Data   []byte
}

// diskHead is how an operation begins in a record.
type diskHead struct {
	Kind   DiskOpKind
	Path   uint32 // length
	Offset uint64
	Length uint64
}

// MarkDisk appends a mark to a record: what was done before is acknowledged.
func MarkDisk(record, text string) (err error) {
	f, err := os.OpenFile(record, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var b bytes.Buffer
	if err := binary.Write(&b, binary.LittleEndian, diskHead{Kind: DiskMark, Path: uint32(len(text))}); err != nil {
		return err
	}
	b.WriteString(text)
	_, err = f.Write(b.Bytes())
	return err
}

// ReadDisk reads a record; a mark has its text for a path.
func ReadDisk(t testing.TB, record string) []DiskOp {
	t.Helper()
	text, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	var ops []DiskOp
	for r := bytes.NewReader(text); r.Len() > 0; {
		var h diskHead
		if err := binary.Read(r, binary.LittleEndian, &h); err != nil {
			t.Fatalf("reading the record of the disk: %v", err)
		}
		path := make([]byte, h.Path)
		op := DiskOp{Kind: h.Kind, Offset: int64(h.Offset)}
		if h.Kind == DiskWrite {
			op.Data = make([]byte, h.Length)
		}
		_, errPath := io.ReadFull(r, path)
		if _, err := io.ReadFull(r, op.Data); err != nil || errPath != nil {
			t.Fatalf("reading the record of the disk: %v, %v", errPath, err)
		}
		op.Path = string(path)
		ops = append(ops, op)
	}
	return ops
}

// Disk is what a disk holds for certain, and what it was asked to do since the
// last fsync: in a power cut any part of that may be done. Names come and go in
// order, and for certain with an fsync of their directory.
type Disk struct {
	names  map[string]*diskFile // for certain
	naming []diskName
	seen   map[string]*diskFile // as programs see it
}

type diskFile struct {
	content []byte
	asked   []DiskOp
}

// diskName is a name that comes or, without a file, goes.
type diskName struct {
	path string
	file *diskFile
}

func (n diskName) apply(names map[string]*diskFile) {
	if n.file == nil {
		delete(names, n.path)
	} else {
		names[n.path] = n.file
	}
}

// NewDisk gives a disk with one empty file.
func NewDisk(path string) *Disk {
	f := &diskFile{}
	return &Disk{names: map[string]*diskFile{path: f}, seen: map[string]*diskFile{path: f}}
}

// Do does one operation of a record.
func (d *Disk) Do(op DiskOp) {
	switch op.Kind {
	case DiskCreate:
		d.name(diskName{op.Path, &diskFile{}})
	case DiskUnlink:
		d.name(diskName{op.Path, nil})
	case DiskWrite, DiskTruncate:
		f := d.seen[op.Path]
		f.asked = append(f.asked, op)
	case DiskSync:
		if f := d.seen[op.Path]; f != nil {
			for _, asked := range f.asked {
				f.content = asked.on(f.content)
			}
			f.asked = nil
			return
		}
		for _, n := range d.naming { // all of one directory
			n.apply(d.names)
		}
		d.naming = nil
	}
}

func (d *Disk) name(n diskName) {
	n.apply(d.seen)
	d.naming = append(d.naming, n)
}

// on gives the content of a file after the operation.
func (op *DiskOp) on(content []byte) []byte {
	size := int(op.Offset) + len(op.Data)
	if missing := size - len(content); missing > 0 {
		content = append(content, make([]byte, missing)...)
	}
	if op.Kind == DiskTruncate {
		return content[:size]
	}
	copy(content[op.Offset:], op.Data)
	return content
}

// Cut writes into the directory what a power cut may leave now: nothing that
// was not synced, all of it, or any part, in which writes are torn at sectors.
func (d *Disk) Cut(t testing.TB, dir string, r *rand.Rand) {
	t.Helper()
	mode := r.IntN(4)
	names := maps.Clone(d.names)
	for _, n := range d.naming[:[]int{0, len(d.naming), r.IntN(len(d.naming) + 1)}[min(mode, 2)]] {
		n.apply(names)
	}
	for path, f := range names {
		content := bytes.Clone(f.content)
		for i := range f.asked {
			switch {
			case mode == 1 || mode > 1 && r.IntN(3) == 0:
				content = f.asked[i].on(content)
			case mode > 1 && r.IntN(2) == 0:
				content = f.asked[i].torn(content, r)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(path)), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// sector is what a disk writes whole or not at all.
const sector = 512

// torn gives the content after some of the sectors of a write.
func (op *DiskOp) torn(content []byte, r *rand.Rand) []byte {
	for from := 0; from < len(op.Data); {
		to := min(len(op.Data), from+sector-int(op.Offset+int64(from))%sector)
		if r.IntN(2) == 0 {
			part := DiskOp{Kind: DiskWrite, Offset: op.Offset + int64(from), Data: op.Data[from:to]}
			content = part.on(content)
		}
		from = to
	}
	return content
}
