package web

import (
	"context"
	"net/http"

	"github.com/slmd/slmd/internal/wording"
)

// writings are pages as they were written once, for all readers until the next
// round.
type writings = kept[minute, view, writing]

// view tells one page from another: what of the address counts, and the language.
type view struct {
	address  string
	language wording.Language
}

// writing is what of a page does not depend on who reads it.
type writing struct {
	main  []byte
	frame frame // with title, trail and periods
}

// onceOnly says which page is written and where it is kept.
type onceOnly struct {
	kept          *writings
	name, address string
}

// writeOnce writes a page that is worked out once a round, in the frame of the reader.
func (h *handler) writeOnce(w http.ResponseWriter, r *http.Request, page onceOnly, work func() (*frame, any, error)) error {
	own := h.frameOf(r, "", "")
	out, err := page.kept.get(r.Context(), view{page.address, own.Language}, func(context.Context) (writing, error) {
		f, content, err := work()
		if err != nil {
			return writing{}, err
		}
		main, err := h.main(f, page.name, content)
		return writing{main, *f}, err
	})
	if err != nil {
		return err
	}
	f := out.frame
	f.Theme, f.Here, f.Address, f.Query, f.Kiosk = own.Theme, own.Here, own.Address, own.Query, own.Kiosk
	h.send(w, f.in(f.zone), page.name, out.main, http.StatusOK)
	return nil
}
