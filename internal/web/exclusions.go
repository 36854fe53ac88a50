package web

import (
	"context"
	"net/http"

	"github.com/slmd/slmd/internal/sla"
	"github.com/slmd/slmd/internal/store"
)

// ProposedExclusion is an exclusion and who wrote it down first.
type ProposedExclusion struct {
	sla.Exclusion
	ProposedBy string `json:"proposed_by"`
}

// ProposedExclusions gives the exclusions of the catalogue in force, approved
// or not, with who proposed each.
func ProposedExclusions(ctx context.Context, st *store.Store) ([]ProposedExclusion, error) {
	catalogue, err := st.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	authors, err := st.Authors(ctx, store.KindExclusion)
	if err != nil {
		return nil, err
	}
	out := make([]ProposedExclusion, len(catalogue.Exclusions))
	for i, x := range catalogue.Exclusions {
		out[i] = ProposedExclusion{Exclusion: x, ProposedBy: authors[x.Name]}
	}
	return out, nil
}

func (h *handler) exclusions(r *http.Request) (any, error) {
	return ProposedExclusions(r.Context(), h.o.Store)
}
