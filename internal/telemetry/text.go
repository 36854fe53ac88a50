package telemetry

import (
	"strconv"
	"strings"
)

// text is a part of the page in the text format 0.0.4. It is written by hand:
// a page of ten thousand objectives has some hundred thousand series, and
// client_golang makes dozens of objects of each before it is text.
type text []byte

// head begins a family.
func (t *text) head(name, help, kind string) {
	for _, s := range []string{"# HELP ", name, " ", help, "\n# TYPE ", name, " ", kind, "\n"} {
		*t = append(*t, s...)
	}
}

// sample adds one series; pairs are as pair gives them.
func (t *text) sample(name string, value float64, pairs ...string) {
	*t = append(*t, name...)
	for i, p := range pairs {
		*t = append(*t, "{,"[min(i, 1)])
		*t = append(*t, p...)
	}
	if len(pairs) > 0 {
		*t = append(*t, '}')
	}
	*t = append(*t, ' ')
	*t = strconv.AppendFloat(*t, value, 'g', -1, 64)
	*t = append(*t, '\n')
}

// pair gives a label as it stands in a series. Names are checked where they are
// read; what is not UTF-8 all the same must not take the page away.
func pair(name, value string) string {
	value = strings.ToValidUTF8(value, "\uFFFD")
	if strings.ContainsAny(value, "\\\n\"") {
		value = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`).Replace(value)
	}
	return name + `="` + value + `"`
}
