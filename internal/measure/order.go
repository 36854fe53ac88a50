package measure

// follows reports whether next may come after s in an answer: it is newer, or
// the same once more.
func (s *Sample) follows(next *Sample) bool { return s.T < next.T || *s == *next }

// misplaced makes unknown what a sample lies in that does not follow the one
// before it, and what that lies in: which of them is right cannot be told.
func (r *run) misplaced(s *Series, k int) {
	for _, sample := range s.Samples[k-1 : k+1] {
		if i := r.book.index(sample.T); sample.T < r.span.To && i >= r.book.first {
			r.book.tallies[i].spoilt = true
		}
	}
	if s.Samples[k].T >= r.book.start(r.book.first) {
		r.reject(ReasonOrder, s.Labels)
	}
}
