package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slmd/slmd/internal/sla"
)

var update = flag.Bool("update", false, "write the golden files anew")

func share(shown string, num, den Number) *Share { return &Share{shown, num, den} }

// mail is the review of a mail service with one missed target: 50 minutes down
// in November, 40 of them by the hosting company, two hours of maintenance.
func mail() *Review {
	one := 1
	hosting := Attribution{sla.ByThirdParty, "hosting-uc", "2400"}
	return &Review{
		Schema: Schema,
		Report: Head{
			ID: "mail-sla/2026-11", Agreement: "mail-sla", Version: 2, Kind: sla.SLA, Service: "mail", Provider: "platform", Customer: "retail",
			Period: "2026-11", From: "2026-11-01T00:00:00+01:00", To: "2026-12-01T00:00:00+01:00", Zone: "Europe/Berlin", Language: "en",
			Revision: 2, Replaces: &one, Reason: "late facts of hosting-up", Status: Issued, IssuedAt: "2026-12-03T06:00:00Z",
		},
		Summary: Summary{Text: "0 of 1 targets were met.", Judged: 1, Breaches: 1},
		Objectives: []Objective{{
			Name: "availability", Indicator: "mail-up", Kind: sla.Time, Method: sla.TimeMethod, Unit: UnitSeconds, Severity: sla.Critical,
			Target: Target{Share: *share("99.9", "999", "1000")}, State: sla.Breached, Certain: true,
			Compliance: share("99.88", "2581500", "2584500"), Lowest: share("99.87", "2581500", "2584800"), Highest: share("99.88", "2581800", "2584800"),
			Good: "2581500", Bad: "3000", Unknown: "300", Removed: "7200", Scope: "2584800", Completeness: share("99.98", "2584500", "2584800"),
			Budget:            &Budget{"2584.5", "-415.5", share("-16.08", "-415.5", "2584.5")},
			WithoutExclusions: share("99.67", "2583300", "2591700"),
			Outages: []Outage{{
				From: "2026-11-12T09:00:00+01:00", To: "2026-11-12T09:50:00+01:00", Bad: "3000", BudgetShare: share("116.07", "3000", "2584.5"),
				Attribution: []Attribution{hosting, {sla.ByOwn, "", "600"}},
			}},
			Totals:  Totals{Count: 1, SmallBad: "0", Longest: "3000", MTRS: "3000", MTBF: "2581500"},
			Breach:  &Breach{sla.BreachConfirmed, "2026-11-12T09:44:30+01:00", "budget spent"},
			Credit:  &Reached{"5", "200.00", "EUR"},
			Days:    []Day{{"2026-11-08", "0", "0", "7200"}, {"2026-11-12", "3000", "300", "0"}},
			History: []History{{"2026-10", 2, sla.Met, share("99.96", "2681100", "2682000"), false}},
		}},
		Exclusions: []Exclusion{{
			Name: "upgrade", Category: sla.Maintenance, Reason: "Upgrade", From: "2026-11-08T22:00:00+01:00", To: "2026-11-09T00:00:00+01:00",
			ApprovedBy: "kim@example.com", ApprovedOn: "2026-10-20", Effect: EffectRemoved, Seconds: "7200",
		}},
		Credits: []Credit{{"availability", "below 99.9%", "5", "4000.00", "200.00", "EUR", Owed}},
		Supporting: Supporting{share("99.95", "1999", "2000"), []Supporter{{
			"hosting-uc", sla.UC, "availability", Target{Share: *share("99.95", "1999", "2000")}, share("99.907", "2589600", "2592000"), sla.Breached, "2027-01-01", false,
		}}},
		Measures: []Measure{{"targets_met", "0.00", "100.00", "-100.00"}},
		Method: Method{
			sla.UnknownRemoved, sla.PlannedRemoved, "slmd 1.0.0", "2f2a2eb95e1a8c4b72d67701d21e553fc1f187c1ec540d76eea3ddf29140728c",
			[]Definition{{"mail-up", "up{job='mail'}"}},
		},
	}
}

// mailHash is the hash that the document is specified to have; it changes when
// any key, any null or the way any number is written changes.
const mailHash = "d9946450fc275dfc0f459991c0d1504d3032a9022ee3ee8234e8d246ebc5a7b6"

func sealed(t *testing.T, r *Review) []byte {
	t.Helper()
	if err := r.Seal(); err != nil {
		t.Fatal(err)
	}
	text, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTheDocumentHasTheKeysAndNumbersThatItsHashWasSpecifiedWith(t *testing.T) {
	r := mail()
	text := sealed(t, r)
	if r.SHA256 != mailHash {
		t.Errorf("sha256 = %s, want %s", r.SHA256, mailHash)
	}
	golden := filepath.Join("testdata", "mail.json")
	if *update {
		if err := os.WriteFile(golden, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, want) {
		t.Errorf("the document differs from %s:\n%s", golden, text)
	}
}

func TestADocumentIsReadAsItWasWritten(t *testing.T) {
	text := sealed(t, mail())
	r, err := Read(text)
	if err != nil {
		t.Fatal(err)
	}
	again, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, again) {
		t.Errorf("read and written again it differs:\n%s", again)
	}
}

func TestTheHashIsTheOneThatJqAndSha256sumGive(t *testing.T) {
	jq, err := exec.LookPath("jq")
	if err != nil {
		t.Skip("jq is not installed: apt-get install -y jq")
	}
	r := mail()
	r.Report.Reason = "quotes \" and \\, <b>&amp;</b>,  , é, 😀, tabs\tand\nlines"
	r.Objectives[0].Budget.Left = "-0.000125"
	text := sealed(t, r)
	cmd := exec.Command(jq, "-cjS", "del(.sha256)")
	cmd.Stdin = bytes.NewReader(text)
	canonical, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(canonical)
	if got := hex.EncodeToString(sum[:]); got != r.SHA256 {
		ours, _ := Canonical(text)
		t.Errorf("jq gives %s, we %s\njq:   %s\nours: %s", got, r.SHA256, canonical, ours)
	}
}

func TestAChangedDocumentIsFoundOut(t *testing.T) {
	text := string(sealed(t, mail()))
	if err := Verify([]byte(text)); err != nil {
		t.Fatalf("an unchanged document: %v", err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := Verify(compact.Bytes()); err != nil {
		t.Errorf("white space made a difference: %v", err)
	}
	for what, change := range map[string][2]string{
		"a number changed":     {`"bad": 3000`, `"bad": 300`},
		"a field taken out":    {`"certain": true,`, ``},
		"a key given twice":    {`"schema":`, `"schema": "x", "schema":`},
		"the hash taken out":   {`"` + mailHash + `"`, `""`},
		"something appended":   {"\n}\n", "\n}\n{}"},
		"no object":            {text, `[]`},
		"cut off in the midst": {text[200:], ``},
	} {
		changed := strings.Replace(text, change[0], change[1], 1)
		if changed == text {
			t.Fatalf("%s: the change changes nothing", what)
		}
		if err := Verify([]byte(changed)); err == nil {
			t.Errorf("%s: not noticed", what)
		}
	}
}

func TestNumbersStandExactlyAndWithoutExponent(t *testing.T) {
	for _, c := range []struct {
		num, den int64
		want     Number
	}{
		{0, 1, "0"},
		{-831, 2, "-415.5"},
		{1, 1_000_000, "0.000001"},
		{10, 1, "10"},
		{1, 8, "0.125"},
		{100_000_000_000_000_000, 1, "100000000000000000"},
		{1, 3, "0.333333"},
		{1, 3_000_000, "0"},
	} {
		if got := Exactly(big.NewRat(c.num, c.den)); got != c.want {
			t.Errorf("Exactly(%d/%d) = %s, want %s", c.num, c.den, got, c.want)
		}
	}
	if text, _ := Exactly(nil).MarshalJSON(); string(text) != "null" {
		t.Errorf("nothing is %s, want null", text)
	}
}

func TestAmountsAreShortForPeople(t *testing.T) {
	for n, want := range map[Number]string{"": "", "32108.694": "32108", "99.98765": "99.987", "-415.5": "-415", "3": "3"} {
		if got := n.Short(); got != want {
			t.Errorf("%s is said as %q, want %q", n, got, want)
		}
	}
}

func TestFractionsWithoutAnEndAreScaledToIntegers(t *testing.T) {
	s := shareOf(big.NewRat(100, 3), big.NewRat(701, 7), 2)
	if *s != (Share{"33.28", "700", "2103"}) {
		t.Errorf("got %+v", *s)
	}
	if s = shareOf(big.NewRat(-831, 2), big.NewRat(5169, 2), 2); *s != (Share{"-16.08", "-415.5", "2584.5"}) {
		t.Errorf("got %+v", *s)
	}
}
