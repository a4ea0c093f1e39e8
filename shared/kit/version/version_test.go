package version_test

import (
	"os"
	"regexp"
	"testing"

	"masterhand/shared/kit/version"
)

func TestTheVersionIsTheNewestHeadingOfTheChangelog(t *testing.T) {
	t.Parallel()
	changelog, err := os.ReadFile("../../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	newest := regexp.MustCompile(`(?m)^## (\S+)`).FindSubmatch(changelog)
	if newest == nil {
		t.Fatal("CHANGELOG.md has no heading of a version")
	}
	if string(newest[1]) != version.Number {
		t.Errorf("version.Number is %q, but the newest heading of CHANGELOG.md is %q", version.Number, newest[1])
	}
}
