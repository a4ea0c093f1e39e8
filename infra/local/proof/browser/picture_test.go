package browser_test

import (
	"flag"
	"os"
	"path/filepath"

	"github.com/chromedp/chromedp"
)

// pictures is the folder for screenshots of the page; "" means that no screenshot is taken.
var pictures = flag.String("pictures", "", "write pictures of the page into this folder")

// picture saves a screenshot of the whole page as a PNG file in the folder pictures.
func (b *tab) picture(name string) {
	b.Helper()
	png := result(b, chromedp.FullScreenshot(100))
	if err := os.WriteFile(filepath.Join(*pictures, name+".png"), png, 0o600); err != nil {
		b.Fatal(err)
	}
}
