package browser_test

import (
	"flag"
	"os"
	"path/filepath"

	"github.com/chromedp/chromedp"
)

// pictures is where the looks of the page are kept.
var pictures = flag.String("pictures", "", "write pictures of the page into this folder")

// picture keeps a picture of all of the page.
func (b *tab) picture(name string) {
	b.Helper()
	png := result(b, chromedp.FullScreenshot(100))
	if err := os.WriteFile(filepath.Join(*pictures, name+".png"), png, 0o600); err != nil {
		b.Fatal(err)
	}
}
