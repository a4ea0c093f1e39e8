package inventory_test

import (
	"fmt"
	"strings"

	"masterhand/shared/library/reindex/inventory"
)

func Example() {
	m, err := inventory.ReadManifest([]byte(manifest))
	if err != nil {
		fmt.Println(err)
	}
	for key, err := range m.Keys(m.Files[0], strings.NewReader("no gzip")) {
		fmt.Println(key, err)
	}
	// Output: unreadable file of an S3 Inventory: data/1.csv.gz: unexpected EOF
}
