package announce

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/slmd/slmd/internal/sla"
)

// recipient is somebody who is told by mail, and why.
type recipient struct {
	address, name string
	why           string // "as a contact of Retail division (customer)"
}

// recipientsOf gives the contacts of an agreement's parties, and the others who
// hear of everything, each address once.
func recipientsOf(c *sla.Catalogue, a *sla.Agreement, alsoTo []string) []recipient {
	var out []recipient
	add := func(r recipient) {
		same := func(o recipient) bool { return strings.EqualFold(o.address, r.address) }
		if r.address != "" && !slices.ContainsFunc(out, same) {
			out = append(out, r)
		}
	}
	for _, name := range []string{a.Customer, a.Provider} {
		party := c.Party(name)
		if party == nil {
			continue
		}
		for _, contact := range party.Contacts {
			why := fmt.Sprintf("as a contact of %s (%s)", cmp.Or(party.Title, party.Name), party.Role)
			add(recipient{contact.Email, contact.Name, why})
		}
	}
	for _, address := range alsoTo {
		add(recipient{address: address, why: "since it goes to you besides the contacts of the parties"})
	}
	return out
}
