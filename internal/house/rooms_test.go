package house

import (
	"slices"
	"strings"
	"testing"
)

// module is the path of this module with a slash behind it.
const module = "github.com/slmd/slmd/"

// layers lists the rooms from the bottom up. A package imports packages of
// lower layers only; within the first layer they know each other.
var layers = [][]string{
	{"internal/sla", "internal/calendar", "internal/judge", "internal/wording", "rules"},
	{"internal/document", "internal/cronexpr"},
	{"internal/catalogue", "internal/store", "internal/measure", "internal/schedule", "internal/config"},
	{"internal/cycle", "internal/announce", "internal/telemetry", "internal/report", "internal/render", "internal/web", "internal/contract"},
	{"internal/app"},
	{"cmd"},
}

// sideways lists the arrows within a layer that are allowed all the same.
var sideways = map[string][]string{
	"internal/render": {"internal/report"},
}

// testRooms serve tests. Each may import what stands beside it; code may import
// none of them, the demonstration and its Prometheus excepted.
var testRooms = map[string][]string{
	"internal/testkit":  {"internal/sla"},
	"internal/promtest": {"internal/sla"},
	"internal/house":    {"internal/catalogue", "internal/config", "internal/contract"},
}

var testRoomUsers = map[string][]string{"internal/promtest": {"cmd/slmd-demo", "cmd/slmd-demo/company"}}

func TestImportsPointDownOnly(t *testing.T) {
	for _, p := range packages(t) {
		if layerOf(p.room()) < 0 && testRooms[p.room()] == nil {
			t.Errorf("%s stands in no layer: enter it in this test", p.room())
		}
		for _, imported := range p.Imports {
			to, ours := strings.CutPrefix(imported, module)
			if ours && !mayImport(p.room(), to) {
				t.Errorf("%s imports %s: imports point down only", p.room(), to)
			}
		}
	}
}

func TestTheImageIsBuiltFromEveryFolderThatHasCode(t *testing.T) {
	dockerfile := read(t, "Dockerfile")
	for _, p := range packages(t) {
		folder, _, _ := strings.Cut(p.room(), "/")
		if !strings.HasPrefix(folder, ".") && !strings.Contains(dockerfile, "\nCOPY "+folder+" "+folder+"\n") {
			t.Errorf("the Dockerfile does not copy %s, where the package %s stands", folder, p.room())
		}
	}
}

func TestTestsImportDownwardAndTestRoomsOnly(t *testing.T) {
	for _, p := range packages(t) {
		for _, imported := range slices.Concat(p.TestImports, p.XTestImports) {
			to, ours := strings.CutPrefix(imported, module)
			if !ours || to == p.room() || testRooms[to] != nil || testRooms[p.room()] != nil {
				continue
			}
			if !mayImport(p.room(), to) {
				t.Errorf("a test of %s imports %s: imports point down only", p.room(), to)
			}
		}
	}
}

func mayImport(from, to string) bool {
	if allowed, isTestRoom := testRooms[from]; isTestRoom {
		return slices.Contains(allowed, to)
	}
	if testRooms[to] != nil {
		return slices.Contains(testRoomUsers[to], from)
	}
	below, above := layerOf(to), layerOf(from)
	return below < above || below == 0 && above == 0 ||
		slices.Contains(sideways[from], to) || above == len(layers)-1 && strings.HasPrefix(to, from+"/")
}

// layerOf gives the layer of a package, -1 when it stands in none.
func layerOf(room string) int {
	return slices.IndexFunc(layers, func(rooms []string) bool {
		return slices.ContainsFunc(rooms, func(r string) bool { return room == r || strings.HasPrefix(room, r+"/") })
	})
}

func TestPureRoomsNeedTheStandardLibraryOnly(t *testing.T) {
	for _, p := range packages(t) {
		if layerOf(p.room()) != 0 {
			continue
		}
		for _, dependency := range p.Imports {
			if !standard(dependency) && layerOf(strings.TrimPrefix(dependency, module)) != 0 {
				t.Errorf("%s imports %s: the words and the arithmetic take nothing but the standard library", p.room(), dependency)
			}
		}
		for _, io := range []string{"context", "log", "log/slog", "net/http", "os", "database/sql"} {
			if slices.Contains(p.Imports, io) {
				t.Errorf("%s imports %s: it takes values and returns values", p.room(), io)
			}
		}
	}
}

// standard reports whether the package belongs to the standard library.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") || first == "vendor"
}

// homes says where a heavy dependency may be imported; the longest prefix of an
// import counts. Tests may use what they like of these.
var homes = map[string][]string{
	"github.com/goccy/go-yaml":                       {"internal/document", "internal/catalogue", "internal/config"},
	"github.com/mattn/go-sqlite3":                    {"internal/store"},
	"github.com/prometheus/client_golang/":           {"internal/telemetry"},
	"github.com/VictoriaMetrics/metrics":             {"internal/telemetry"},
	"github.com/wneessen/go-mail":                    {"internal/announce"},
	"github.com/robfig/cron":                         {"internal/cronexpr", "internal/schedule"},
	"github.com/alecthomas/kingpin":                  {"cmd"},
	"github.com/prometheus/prometheus/promql":        {"internal/promtest"},
	"github.com/prometheus/prometheus/storage":       {"internal/promtest"},
	"github.com/prometheus/prometheus/promql/parser": {"internal/catalogue", "internal/contract", "internal/measure", "internal/promtest"},
	"github.com/prometheus/prometheus/model":         {"internal/catalogue", "internal/contract", "internal/measure", "internal/promtest", "cmd/slmd-demo"},
	"github.com/prometheus/prometheus/prompb":        {"internal/measure", "internal/promtest"},
	"github.com/prometheus/prometheus/tsdb/chunkenc": {"internal/measure", "internal/promtest"},
	"github.com/golang/snappy":                       {"internal/measure", "internal/promtest", "internal/testkit"},
	"github.com/prometheus/exporter-toolkit":         {"internal/app", "cmd"},
}

func TestAHeavyDependencyLivesInOnePackage(t *testing.T) {
	for _, p := range packages(t) {
		for _, imported := range p.Imports {
			home := homeOf(imported)
			if home == nil {
				continue
			}
			if !slices.ContainsFunc(home, func(r string) bool { return p.room() == r || strings.HasPrefix(p.room(), r+"/") }) {
				t.Errorf("%s imports %s, which lives in %s", p.room(), imported, strings.Join(home, " and "))
			}
		}
	}
}

func homeOf(imported string) []string {
	var longest string
	for prefix := range homes {
		if len(prefix) > len(longest) && strings.HasPrefix(imported, prefix) {
			longest = prefix
		}
	}
	return homes[longest]
}

// refused are packages that pull hundreds of megabytes of other people's
// programs into the build.
var refused = []string{
	"github.com/prometheus/prometheus/tsdb", "github.com/prometheus/prometheus/config",
	"github.com/prometheus/prometheus/storage/remote", "github.com/prometheus/prometheus/web/api",
	"github.com/prometheus/prometheus/rules", "github.com/prometheus/prometheus/promql/promqltest",
}

func TestNothingNeedsTheServerPartsOfPrometheus(t *testing.T) {
	for _, p := range packages(t) {
		for _, dependency := range slices.Concat(p.Deps, p.TestImports, p.XTestImports) {
			if slices.Contains(refused, dependency) || strings.HasPrefix(dependency, "github.com/prometheus/prometheus/web/api/") {
				t.Errorf("%s needs %s", p.room(), dependency)
			}
		}
	}
}
