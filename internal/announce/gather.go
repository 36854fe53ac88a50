package announce

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

const (
	// mailsWithin and atMost are how many mails of one kind somebody gets: what
	// comes on top of so many in so long is gathered.
	mailsWithin = sla.Hour
	atMost      = 10
	// maxGathered bounds what one mail tells of.
	maxGathered = 500
)

// packed is how a notice waits in the store: as a mail of its own, and as a line
// in one that tells of many.
type packed struct {
	ID     string `json:"id"` // of the mail of its own
	Thread string `json:"thread,omitempty"`
	ToName string `json:"to_name,omitempty"`
	Sheet  sheet  `json:"sheet"`
	Item   item   `json:"item"`
}

// item is a notice among others. Those of one group stand in one table, the
// groups of the lowest rank first.
type item struct {
	Group string   `json:"group"`
	Rank  int      `json:"rank"`
	Line  gridLine `json:"line"`
}

// bundles gives what is due as mails: each with the notices that it tells of.
func (p *Postman) bundles(due []store.Notice, sent map[store.NoticeKind]map[string]int) [][]store.Notice {
	var order []string
	by := map[string][]store.Notice{}
	for _, n := range due {
		key := string(n.Kind) + " " + n.Recipient
		if n.Fixed || n.Kind == store.Digest {
			key = n.MessageID
		}
		if by[key] == nil {
			order = append(order, key)
		}
		by[key] = append(by[key], n)
	}
	var out [][]store.Notice
	for _, key := range order {
		size, all := 1, by[key]
		if all[0].Fixed {
			size = len(all)
		} else if len(all)+sent[all[0].Kind][all[0].Recipient] > atMost {
			size = maxGathered
		}
		out = slices.AppendSeq(out, slices.Chunk(all, size))
	}
	return out
}

// mailOf gives the mail that tells of the notices. Their mails are read.
func (p *Postman) mailOf(notices []store.Notice) (Mail, error) {
	all := make([]packed, len(notices))
	for i := range notices {
		err := json.Unmarshal(notices[i].Mail, &all[i])
		if err != nil || all[i].Sheet.Title == "" {
			return Mail{}, &AnswerError{Text: fmt.Sprintf("nothing was sent: what waits cannot be read (%v)", err)}
		}
	}
	first := &notices[0]
	s, m := &all[0].Sheet, Mail{MessageID: all[0].ID, Thread: all[0].Thread, To: first.Recipient, ToName: all[0].ToName}
	if len(all) > 1 {
		m.MessageID, m.Thread, s = p.gatheredID(first, all), "", gatheredSheet(first.Kind, all)
	}
	if first.Fixed {
		m.MessageID = first.MessageID
	}
	for i := range notices {
		if made := notices[i].MadeAt.Time(); made.After(m.Date) {
			m.Date = made
		}
	}
	var err error
	m.Letter, err = p.writer.write(s)
	return m, err
}

// gatheredID gives the id of a mail that tells of many. It follows from them alone.
func (p *Postman) gatheredID(first *store.Notice, all []packed) string {
	of := []string{strings.ToLower(first.Recipient)}
	for i := range all {
		of = append(of, all[i].ID)
	}
	return p.messageID(fmt.Sprintf("%s-gathered-%d", first.Kind, len(all)), of...)
}

// gatheredSheet tells of many notices of a kind, a line for each.
func gatheredSheet(kind store.NoticeKind, all []packed) *sheet {
	items := make([]item, len(all))
	for i := range all {
		items[i] = all[i].Item
	}
	slices.SortStableFunc(items, func(x, y item) int {
		return cmp.Or(cmp.Compare(x.Rank, y.Rank), cmp.Compare(x.Group, y.Group), slices.Compare(x.Line.Cells, y.Line.Cells))
	})
	what, heads := "targets", []string{"Objective", "Agreement and period", "Reached"}
	if kind == store.ReviewNotice {
		what, heads = "service reviews", []string{"Service", "Targets", "SHA-256"}
	}
	s := &sheet{
		Mark: items[0].Line.Mark, Foot: all[0].Sheet.Foot,
		Lead: "So much came at once that it comes in one mail, a line for each. What is on record stands at the links.",
	}
	var parts []string
	for from, to := 0, 0; from < len(items); from = to {
		group := items[from].Group
		table := grid{Title: strings.ToUpper(group[:1]) + group[1:], Heads: heads}
		for ; to < len(items) && items[to].Group == group; to++ {
			table.Lines = append(table.Lines, items[to].Line)
		}
		s.Tables = append(s.Tables, table)
		parts = append(parts, fmt.Sprintf("%s (%d)", group, to-from))
	}
	s.Title = fmt.Sprintf("%d %s: %s", len(all), what, strings.Join(parts, ", "))
	s.Subject = "[SLM] " + s.Title
	for i := range all {
		if all[i].Sheet.Foot != s.Foot {
			s.Foot = "slmd sends you this as a contact of the parties of these agreements."
		}
	}
	return s
}
