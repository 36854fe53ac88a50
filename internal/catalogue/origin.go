package catalogue

import (
	"fmt"

	"github.com/slmd/slmd/internal/sla"
)

// LoadOrigins is Load that also says where each item stands, in the order of the files.
func LoadOrigins(paths []string, opts Options) (*sla.Catalogue, []sla.Origin, Warnings, error) {
	r, cat, warnings, err := load(paths, opts)
	if err != nil {
		return nil, nil, warnings, err
	}
	return cat, r.origins, warnings, nil
}

// originsOf gives where each item stands; the agreements are in the order of the files yet.
func originsOf(files *sla.Catalogue, at Places) []sla.Origin {
	o := origins{at: at, seen: map[[2]string]int{}}
	for i := range files.Parties {
		o.add("party", files.Parties[i].Name, "parties", i)
	}
	for i := range files.Calendars {
		o.add("calendar", files.Calendars[i].Name, "calendars", i)
	}
	for i := range files.Services {
		o.add("service", files.Services[i].Name, "services", i)
	}
	for i := range files.Indicators {
		o.add("indicator", files.Indicators[i].Name, "indicators", i)
	}
	for i := range files.Agreements {
		o.add("agreement", files.Agreements[i].Name, "agreements", i)
	}
	for i := range files.Exclusions {
		o.add("exclusion", files.Exclusions[i].Name, "exclusions", i)
	}
	return o.list
}

// origins gathers places; of items with the same name the last one stays.
type origins struct {
	at   Places
	list []sla.Origin
	seen map[[2]string]int
}

func (o *origins) add(kind, name, list string, i int) {
	at := o.at(fmt.Sprintf("%s[%d]", list, i))
	origin := sla.Origin{Kind: kind, Name: name, File: at.File, Line: at.Line}
	if n, ok := o.seen[[2]string{kind, name}]; ok {
		o.list[n] = origin
		return
	}
	o.seen[[2]string{kind, name}] = len(o.list)
	o.list = append(o.list, origin)
}
