package measure

// Value is a sample's value, an exact decimal number: coef · 10^exp. Values of
// binary floating point are held as the shortest decimal that means them, so a
// value read as text and one read as a float are the same.
type Value struct {
	coef int64
	exp  int16
	kind valueKind
}

type valueKind uint8

const (
	number valueKind = iota
	notANumber
	infinite
	stale // a stale marker: the series ended
)
