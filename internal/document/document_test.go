package document_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slmd/slmd/internal/document"
)

// said gives what is wrong with a text when all of it is read, a line each.
func said(text string) string {
	d, err := document.Parse("f", []byte(text))
	if err != nil {
		return err.Error()
	}
	d.Root().Plain()
	if err := d.Err(); err != nil {
		return err.Error()
	}
	return ""
}

func TestAMarkOfTheByteOrderIsNoPartOfTheFirstField(t *testing.T) {
	d, err := document.Parse("f", []byte("\ufeffa: [1\r\n]\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	f := d.Root().Fields()
	if n, ok := f.Get("a"); !ok || n.Position().Column != 4 {
		t.Errorf("a is there: %t, at %v", ok, n.Position())
	}
}

func TestWhatIsNoYAMLIsSaidWithItsPlace(t *testing.T) {
	for text, want := range map[string]string{
		"":                    "f:1:1: the file is empty: a mapping is wanted",
		"# nothing\n":         "f:1:1: the file is empty: a mapping is wanted",
		"a: [1,\n":            "f:1:4: not YAML: sequence end token ']' not found",
		"a: \"x\n":            "f:1:4: not YAML: could not find end character of double-quoted text",
		"a: 1\n  b: 2\n":      "f:1:4: not YAML: mapping value is not allowed in this context",
		"a: 1\n---\nb: 2\n":   "f:3:1: document 2 of the file: write one document per file, without ---",
		"a: \xff\n":           "f:1:4: not UTF-8: save the file as UTF-8 text",
		"a: b\nc: d\x00e\n":   "f:2:5: a NUL byte: write plain UTF-8 text",
		"a: 1\na: 2\n":        "f:2:1: a stands twice in this mapping: leave one out",
		"a: *b\n":             "f:1:4: no anchor &b stands in this file",
		"a: !!int 3\n":        "f:1:4: tags such as !!int have no meaning here: leave the tag out",
		"a: &x {b: 1, c: *x}": "f:1:8: aliases unfold to more than 262144 values or 128 levels: write the values out",
		"<<: 3\n":             "f:1:5: << wants an alias of a mapping, such as *defaults",
	} {
		if got := said(text); got != want {
			t.Errorf("%q\n got: %s\nwant: %s", text, got, want)
		}
	}
}

func TestFieldsOfAMergedMappingYieldToItsOwn(t *testing.T) {
	d, err := document.Parse("f", []byte("a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc: {<<: [*a, *b], x: 5}\n"))
	if err != nil {
		t.Fatal(err)
	}
	c, _ := d.Root().Fields().Get("c")
	if got := fmt.Sprint(c.Plain()); got != "map[x:5 y:2 z:4]" || d.Err() != nil {
		t.Errorf("got %s, %v", got, d.Err())
	}
}

func TestHostileTextsEndSoon(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 20; i++ {
		fmt.Fprintf(&bomb, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	for name, text := range map[string]string{
		"an alias bomb":          bomb.String(),
		"brackets":               strings.Repeat("[", 1<<17),
		"braces":                 strings.Repeat("{a: ", 1<<16),
		"dashes":                 strings.Repeat("- ", 1<<16),
		"question marks":         strings.Repeat("? ", 1<<16),
		"stairs":                 stairs(2000),
		"anchors before a value": strings.Repeat("&a ", 1<<16) + "x",
		"a large file":           strings.Repeat("a", document.MaxSize+1),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			if said(text) == "" {
				t.Error("nothing is said against it")
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// stairs nests mappings by indentation.
func stairs(steps int) string {
	var b strings.Builder
	for i := range steps {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String() + strings.Repeat(" ", steps) + "b\n"
}

func TestAFieldThatIsNotKnownIsNamedWithTheNearestOne(t *testing.T) {
	d, err := document.Parse("f", []byte("name: a\ntarjet: 3\nq: 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	f := d.Root().Fields()
	f.Get("name")
	f.Get("target")
	f.Need("kind")
	f.Close()
	want := "f:1:1: kind is missing\n" + `f:2:1: unknown field "tarjet": did you mean target?` + "\n" + `f:3:1: unknown field "q": known here: name, target, kind`
	if got := d.Err().Error(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestInstantsWithoutAnOffsetAreReadInTheZone(t *testing.T) {
	for _, c := range []struct{ zone, text, want string }{
		{"Europe/Berlin", "2026-11-01", "2026-10-31T23:00:00Z"},
		{"Europe/Berlin", "2026-11-01T09:30", "2026-11-01T08:30:00Z"},
		{"Europe/Berlin", "2026-11-01T09:30:00+05:00", "2026-11-01T04:30:00Z"},
		{"Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:00:00Z"},   // skipped: the next instant
		{"Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30:00Z"},   // doubled: the first
		{"America/Havana", "2026-03-08", "2026-03-08T05:00:00Z"},        // midnight is skipped
		{"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"},          // the whole day is skipped
		{"Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"},          //
		{"Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00:00Z"},   //
		{"Europe/Berlin", "1775001600.25", "2026-04-01T00:00:00.25Z"},   // Unix seconds
		{"Europe/Berlin", "99999999999", "not a time"},                  // beyond all years
		{"Europe/Berlin", "2026-11-31", "not a time"},                   //
		{"Europe/Berlin", "2026-11-01T09:30:00.0001Z", "not a time"},    // finer than a millisecond
		{"Europe/Berlin", "-62135596800000000000000000", "not a time"},  //
		{"Europe/Berlin", "2026-11-01 09:30:00", "not a time"},          //
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"},     // midnight is skipped
		{"Africa/Cairo", "2026-04-24T00:30", "2026-04-23T22:00:00Z"},    //
		{"Asia/Kolkata", "2026-01-01T00:00:00", "2025-12-31T18:30:00Z"}, //
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		d, err := document.Parse("f", []byte("at: "+c.text+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		n, _ := d.Root().Fields().Get("at")
		got := "not a time"
		if at, ok := n.Instant(zone); ok {
			got = at.String()
		}
		if got != c.want {
			t.Errorf("%s in %s is %s, want %s", c.text, c.zone, got, c.want)
		}
	}
}

func TestFilesThatCannotBeReadAreNamed(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "shop.yml")
	_, err := document.ReadFile(missing)
	if err == nil || err.Error() != missing+": no such file or directory" || !os.IsNotExist(unwrap(err)) {
		t.Errorf("got %v", err)
	}
}

func unwrap(err error) error {
	if u, ok := err.(interface{ Unwrap() error }); ok {
		return u.Unwrap()
	}
	return err
}
