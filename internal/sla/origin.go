package sla

// Origin is where in the catalogue files an item stands: an agreement of several
// entries where its last one does. It is no part of the item.
type Origin struct {
	Kind string `json:"kind"` // as in Change.Object
	Name string `json:"name"`
	File string `json:"file"`
	Line int    `json:"line"` // from 1
}
