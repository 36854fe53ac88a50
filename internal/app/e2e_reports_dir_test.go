package app_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/slmd/slmd/internal/report"
)

// spoilt makes a report directory unusable and gives what mends it.
var spoilt = map[string]func(t *testing.T, reports, outside string) (mend func()){
	"is a file": func(t *testing.T, reports, _ string) func() {
		must(t, os.WriteFile(reports, nil, 0o600))
		return func() { must(t, os.Remove(reports)) }
	},
	"is read-only": func(t *testing.T, reports, _ string) func() {
		must(t, os.Mkdir(reports, 0o755))
		mount(t, reports, unix.MS_RDONLY, "")
		return func() { must(t, unix.Unmount(reports, 0)) }
	},
	"is full": func(t *testing.T, reports, _ string) func() {
		must(t, os.Mkdir(reports, 0o755))
		mount(t, reports, 0, "size=16384")
		ballast := filepath.Join(reports, "ballast")
		must(t, os.WriteFile(ballast, make([]byte, 8192), 0o600)) // some of a review has room
		return func() { must(t, unix.Mount("", reports, "tmpfs", unix.MS_REMOUNT, "size=8388608")) }
	},
	"has a link out of it": func(t *testing.T, reports, outside string) func() {
		must(t, os.Mkdir(reports, 0o755))
		must(t, os.Symlink(outside, filepath.Join(reports, "shop-sla")))
		return func() { must(t, os.Remove(filepath.Join(reports, "shop-sla"))) }
	},
	"has a link for a file": func(t *testing.T, reports, outside string) func() {
		link := filepath.Join(reports, "shop-sla", "2026-02-10.json")
		must(t, os.MkdirAll(filepath.Dir(link), 0o755))
		must(t, os.Symlink(filepath.Join(outside, "review"), link))
		return func() { must(t, os.Remove(link)) }
	},
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// mount mounts a file system in memory, which the end of the test takes away.
func mount(t *testing.T, dir string, flags uintptr, options string) {
	t.Helper()
	if err := unix.Mount("tmpfs", dir, "tmpfs", flags, options); err != nil {
		t.Skipf("a file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) }) // an error means that the test did
}

func TestFault_C18_WithoutItsFilesNoReviewIsIssuedAndNothingIsWrittenElsewhere(t *testing.T) {
	for name, spoil := range spoilt {
		t.Run(name, func(t *testing.T) {
			s := aDay(t, "", at("2026-02-11T01:00:00Z")).open()
			s.round()
			s.clock.set(at("2026-02-11T07:00:00Z"))
			reports, outside := s.path("data/reports"), t.TempDir()
			mend := spoil(t, reports, outside)
			if issued, err := s.app.IssueReviews(t.Context()); err == nil || len(issued) > 0 || !strings.Contains(err.Error(), "issuing the review shop-sla/2026-02-10") {
				t.Errorf("issued %v, %v", issued, err)
			}
			if rows, err := s.read().Reports(t.Context(), ""); err != nil || len(rows) > 0 {
				t.Errorf("the rows are %+v, %v", rows, err)
			}
			whole(t, reports)
			mend()
			if issued, err := s.app.IssueReviews(t.Context()); err != nil || len(issued) != 1 {
				t.Errorf("afterwards issued %v, %v", issued, err)
			}
			whole(t, reports)
			text, err := os.ReadFile(filepath.Join(reports, "shop-sla", "2026-02-10.json"))
			if err != nil || report.Verify(text) != nil {
				t.Errorf("afterwards its file is %.80s, %v", text, err)
			}
			if left, err := os.ReadDir(outside); err != nil || len(left) > 0 {
				t.Errorf("outside there is %v, %v", left, err)
			}
		})
	}
}

// whole fails the test where a file of a review was begun and not finished.
func whole(t *testing.T, reports string) {
	t.Helper()
	err := filepath.WalkDir(reports, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || d.Name() == "ballast" {
			return nil //nolint:nilerr // what is not there is not half there
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil && info.Size() > 0 && strings.HasSuffix(path, ".json") {
			err = report.Verify(text)
		}
		if strings.HasSuffix(path, ".tmp") {
			t.Errorf("%s was left", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
